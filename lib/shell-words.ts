/** Words as a shell parts them; undefined for a quote without end. */
export function shellWords(text: string): string[] | undefined {
  const word = /\s*((?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+)/gy;
  const words: string[] = [];
  let end = 0;
  for (const match of text.matchAll(word)) {
    words.push((match[1] ?? '').replace(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g, unquoted));
    end = match.index + match[0].length;
  }
  return text.slice(end).trim() === '' ? words : undefined;
}

function unquoted(_: string, single?: string, double?: string, escaped?: string): string {
  return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '';
}
