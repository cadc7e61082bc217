/** One thing that was looked at. `good` needs nobody, `warning` somebody some day, `bad` somebody now. */
export interface Finding {
  readonly about: string;
  readonly grade: 'good' | 'warning' | 'bad';
  /** A sentence, with the figures. */
  readonly says: string;
  /** What to do. */
  readonly hint?: string;
}

export const good = (about: string, says: string): Finding => ({ about, grade: 'good', says });
export const warning = (about: string, says: string, hint: string): Finding => ({
  about,
  grade: 'warning',
  says,
  hint,
});
export const bad = (about: string, says: string, hint: string): Finding => ({ about, grade: 'bad', says, hint });

/** The first names of many. */
export function some(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ');
}
