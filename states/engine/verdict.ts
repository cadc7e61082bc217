import type { Chunk } from './chunk.ts';

/** How a state ended, as far as others ask. `changes`: it did, it did not, or (test mode) nobody can tell before the run. */
export interface Ending {
  readonly result: boolean | null;
  readonly changes: boolean | undefined;
}

export type Verdict =
  /** `watched`: something it watches has changed, or may have. */
  | { readonly run: true; readonly watched: boolean; readonly unsure: boolean }
  | { readonly run: false; readonly result: boolean; readonly comment: string };

/**
 * Whether a state runs, by how those it is tied to have ended (Salt's truth table): a failed `require`, `watch` or
 * `onchanges` fails it, all `onfail` well skip it, no `onchanges` changed skip it.
 */
export function weigh({ links }: Chunk, endings: ReadonlyMap<Chunk, Ending>): Verdict {
  const failed: Chunk[] = [];
  let watched = false;
  let hasOnfail = false;
  let onfail: boolean | undefined = false;
  let hasOnchanges = false;
  let onchanges: boolean | undefined = false;
  for (const { kind, chunks } of links) {
    for (const chunk of chunks) {
      const ending = endings.get(chunk);
      if (!ending) continue;
      if (kind === 'onfail') {
        hasOnfail = true;
        // What is planned and sure is taken for done well (test mode).
        if (ending.result === false) onfail = true;
        else if (ending.result === null && ending.changes === undefined) onfail ||= undefined;
        continue;
      }
      if (ending.result === false) failed.push(chunk);
      else if (kind === 'watch') watched ||= ending.changes !== false;
      else if (kind === 'onchanges') {
        hasOnchanges = true;
        if (ending.changes === true) onchanges = true;
        else if (ending.changes === undefined && !onchanges) onchanges = undefined;
      }
    }
  }
  if (failed.length > 0) {
    const names = new Set(failed.map(({ sls, id }) => `${sls.name}.${id}`));
    return { run: false, result: false, comment: `One or more requisite failed: ${[...names].join(', ')}` };
  }
  if (hasOnfail && onfail === false && onchanges !== true) {
    return { run: false, result: true, comment: 'State was not run because onfail req did not change' };
  }
  if (hasOnchanges && onchanges === false) {
    return { run: false, result: true, comment: 'State was not run because none of the onchanges reqs changed' };
  }
  return {
    run: true,
    watched,
    unsure: (hasOnchanges && onchanges === undefined) || (hasOnfail && onfail === undefined),
  };
}
