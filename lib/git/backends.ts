import type { Finding } from '../config/option.ts';
import { didYouMean } from '../errors/error.ts';
import { gitErrors } from '../errors/git.ts';
import { nearest } from '../nearest.ts';

/** By what names a source of state trees is called. */
const backends: Readonly<Record<string, Backend>> = { roots: 'roots', git: 'git', gitfs: 'git' };
const saltOnly = ['hg', 'hgfs', 'svn', 'svnfs', 's3fs', 'azurefs', 'minion', 'minionfs'];

export type Backend = 'roots' | 'git';

/** The sources that a config names in `fileserver_backend`, in their order, each once. */
export function backendsOf(written: readonly string[]): readonly Backend[] {
  const known = written.flatMap((name) => (Object.hasOwn(backends, name) ? [backends[name] ?? 'roots'] : []));
  return [...new Set(known)];
}

/** What is wrong with `fileserver_backend`. */
export function findInBackends(written: readonly string[]): Finding[] {
  return written.flatMap((backend, index): Finding[] => {
    if (Object.hasOwn(backends, backend)) return [];
    const isHarmless = saltOnly.includes(backend);
    const hint = didYouMean(nearest(backend, Object.keys(backends))) ?? 'there are roots, git';
    const error: Finding['error'] = (more) =>
      isHarmless
        ? gitErrors.onlySaltsBackend({ backend }, more)
        : gitErrors.notABackend({ backend }, { hint, ...more });
    return [{ path: [index], ofKey: false, isHarmless, error }];
  });
}
