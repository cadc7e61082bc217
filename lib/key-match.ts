import { fnmatch } from './fnmatch.ts';

/** Which keys a person means: the one whose id this is, or those whose ids it fits as a glob. */
export function meansKey(match: string): (id: string) => boolean {
  const fits = fnmatch(match);
  return (id) => id === match || fits(id);
}
