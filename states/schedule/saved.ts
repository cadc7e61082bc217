import * as v from 'valibot';

/** What Salt's states take about where a job is kept: here it is always in the file, and so after the next start. */
export const savedOnly = {
  persist: v.optional(v.literal(true, 'true: what a state sets is saved; schedule.add has persist=False')),
  offline: v.optional(v.boolean()),
};

/** What a job is, without that. */
export function jobGiven<T extends { readonly persist?: true | undefined; readonly offline?: boolean | undefined }>(
  given: T,
): Omit<T, keyof typeof savedOnly> {
  const { persist: _persist, offline: _offline, ...job } = given;
  return job;
}
