import type { StateResult } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';

/** A state, or several of one id that ended alike, under a key as a run has it. */
export interface Compressed {
  readonly key: string;
  readonly entry: StateResult;
  /** States that it stands for, and how many of them changed something. */
  readonly count: number;
  readonly changes: number;
}

/** Salt's `state_compress_ids`: the states that one id has through its `names` and that ended alike become one. */
export function compressed(run: Readonly<Record<string, StateResult>>): Compressed[] {
  const groups = new Map<string, [string, StateResult][]>();
  for (const [key, entry] of Object.entries(run)) {
    const kind = JSON.stringify([key.split('_|-')[0], entry.__id__, entry.__sls__, entry.result]);
    const group = groups.get(kind);
    if (group) group.push([key, entry]);
    else groups.set(kind, [[key, entry]]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length === 1) return group.map(([key, entry]) => ({ key, entry, count: 1, changes: 1 }));
    return [joined(first, group)];
  });
}

function joined([key, first]: [string, StateResult], group: readonly [string, StateResult][]): Compressed {
  const entries = group.map(([, entry]) => entry);
  const changed = entries.filter(({ changes }) => Object.keys(changes).length > 0);
  const changes: JsonMap =
    changed.length === 0
      ? {}
      : changed.length === 1 && changed[0] === first
        ? first.changes
        : { 'compressed changes': Object.fromEntries(changed.map((entry) => [entry.name, entry.changes])) };
  const [module, , , fun] = key.split('_|-');
  const name = ['state_compressed', first.__sls__, first.__id__, wordOf(first.result)].join('_');
  const total = entries.reduce((sum, { duration }) => sum + duration, 0);
  return {
    key: [module, `${first.__id__} (${group.length})`, name, fun].join('_|-'),
    entry: {
      ...first,
      changes,
      __run_num__: Math.min(...entries.map((entry) => entry.__run_num__)),
      duration: Math.round(total * 1000) / 1000,
      start_time: entries.map((entry) => entry.start_time).sort()[0] ?? first.start_time,
    },
    count: group.length,
    changes: Math.max(1, changed.length),
  };
}

function wordOf(result: boolean | null): string {
  if (result === null) return 'None';
  return result ? 'True' : 'False';
}
