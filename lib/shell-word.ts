/** A word as a POSIX shell has to be given it to take it as it stands: to be shown, and copied from there. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
