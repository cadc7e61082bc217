import type { Chunk, LinkKind } from './chunk.ts';

/** How a state ended, as far as others ask. */
export interface Ending {
  readonly result: boolean | null;
  /** It did, it did not, or (test mode) nobody can tell before the run. */
  readonly changes: boolean | undefined;
  /** Its requisites kept it from running, without fault. */
  readonly skipped?: boolean | undefined;
}

export type Verdict =
  /** `watched`: something it watches has changed, or may have. `unsure`: test mode can't tell whether it runs. */
  | { readonly run: true; readonly watched: boolean; readonly unsure: boolean }
  /** `skipped`: without fault, for nothing called for it. */
  | { readonly run: false; readonly result: boolean; readonly comment: string; readonly skipped: boolean };

/** What is known of an ending, or taken for granted. */
interface Known {
  readonly ok: boolean;
  readonly changed: boolean;
  readonly skipped: boolean;
}

type Status = 'fail' | 'nothing to come' | 'onfail' | 'onchanges' | 'changed' | 'met';

const skips: Readonly<Partial<Record<Status, { readonly comment: string; readonly skipped: boolean }>>> = {
  'nothing to come': { comment: 'No changes detected', skipped: false },
  onfail: { comment: 'State was not run because onfail req did not change', skipped: true },
  onchanges: { comment: 'State was not run because none of the onchanges reqs changed', skipped: true },
};

const always: Verdict = { run: true, watched: false, unsure: false };

/**
 * Whether a state runs, by how those it is tied to have ended: Salt's rules, which `docs/reference/requisites.md` lays out
 * as a table. `foretold` is how a test run of those that it is a `prereq` of ended.
 */
export function weigh(
  { links }: Chunk,
  endings: ReadonlyMap<Chunk, Ending>,
  foretold: ReadonlyMap<Chunk, Ending>,
): Verdict {
  if (links.length === 0) return always;
  const [sure, ...others] = scenarios(links, endings, foretold);
  if (sure === undefined) return always;
  const all = new Set([sure, ...others]);
  if (all.size === 1 && sure === 'fail') return failed(links, endings, foretold);
  const skip = all.size === 1 ? skips[sure] : undefined;
  if (skip) return { run: false, result: true, ...skip };
  return {
    run: true,
    watched: all.has('changed'),
    unsure: [...all].some((status) => status !== 'changed' && status !== 'met'),
  };
}

/** What comes of it, for each way in which what nobody can tell yet may turn out. */
function scenarios(
  links: Chunk['links'],
  endings: ReadonlyMap<Chunk, Ending>,
  foretold: ReadonlyMap<Chunk, Ending>,
): Status[] {
  let isOpen = false;
  const statusIf = (ok: boolean, changed: boolean): Status =>
    statusOf(links, (chunk, kind) => {
      const ending = (kind === 'prereq' ? foretold : endings).get(chunk);
      if (!ending) return undefined;
      const { result, changes, skipped = false } = ending;
      const isUnknown = result === null && changes === undefined;
      isOpen ||= isUnknown;
      // Only who waits for a failure reckons with one: what is planned is else taken for done.
      if (isUnknown) return { ok: ok || !kind.startsWith('onfail'), changed, skipped };
      return { ok: result !== false, changed: changes === true, skipped };
    });
  const first = statusIf(true, true);
  return isOpen ? [first, statusIf(true, false), statusIf(false, false)] : [first];
}

/** Salt's `check_requisite`: the notes of each kind, weighed together. */
function statusOf(links: Chunk['links'], know: (chunk: Chunk, kind: LinkKind) => Known | undefined): Status {
  const all = new Set<string>();
  for (const kind of new Set(links.map((link) => link.kind))) {
    if (kind === 'listen') continue;
    const notes = new Set<string>();
    for (const chunk of links.filter((link) => link.kind === kind).flatMap(({ chunks }) => chunks)) {
      const known = know(chunk, kind);
      if (known) notes.add(note(kind, known));
    }
    for (const one of settled(kind, notes)) all.add(one);
  }
  if (all.has('fail')) return 'fail';
  if (all.has('nothing to come') && !all.has('to come')) return 'nothing to come';
  if (all.has('onfail') && !all.has('onchanges met')) return 'onfail';
  if (all.has('onchanges') && !all.has('onchanges met')) return 'onchanges';
  if (all.has('changed')) return 'changed';
  return all.has('onfail') ? 'onfail' : 'met';
}

function note(kind: LinkKind, { ok, changed, skipped }: Known): string {
  if (kind.startsWith('onfail')) return ok ? 'onfail' : 'met';
  if (!ok) return 'fail';
  if (kind.startsWith('onchanges')) return changed ? 'onchanges met' : 'onchanges';
  if (kind.startsWith('watch') && changed) return 'changed';
  if (kind === 'prereq') return changed ? 'to come' : 'nothing to come';
  return skipped ? 'skipped' : 'met';
}

/** Where one is enough, or all are needed, what the others say does not count. */
function settled(kind: LinkKind, notes: Set<string>): Set<string> {
  if (kind.endsWith('_any') || kind === 'onfail') {
    if (notes.has('met') || notes.has('changed')) notes.delete('fail');
    if (notes.has('onchanges met')) {
      notes.delete('onchanges');
      notes.delete('fail');
    }
    if (notes.has('met')) notes.delete('onfail');
  }
  if (kind.endsWith('_all') && notes.has('onfail')) notes.delete('met');
  return notes;
}

function failed(
  links: Chunk['links'],
  endings: ReadonlyMap<Chunk, Ending>,
  foretold: ReadonlyMap<Chunk, Ending>,
): Verdict {
  const names = links
    .filter(({ kind }) => !kind.startsWith('onfail') && kind !== 'listen')
    .flatMap(({ kind, chunks }) =>
      chunks.filter((chunk) => (kind === 'prereq' ? foretold : endings).get(chunk)?.result === false),
    )
    .map(({ sls, id }) => `${sls.name}.${id}`);
  const comment = `One or more requisite failed: ${[...new Set(names)].join(', ')}`;
  return { run: false, result: false, comment, skipped: false };
}
