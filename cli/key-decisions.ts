import { TsaltError } from '../lib/errors/error.ts';
import { isPattern } from '../lib/fnmatch.ts';
import { meansKey } from '../lib/key-match.ts';
import type { LocalClient } from '../wire/local/client.ts';
import type { Io } from './io.ts';
import { headings, listsOf, past, whyNothing, type KeyLists } from './key-lists.ts';

export interface Decision {
  readonly action: keyof typeof past;
  /** Ids and globs; none: all keys. */
  readonly matches: readonly string[];
  /** What is deleted is not asked about. */
  readonly isSure: boolean;
  readonly json: boolean;
}

/**
 * Accepts, rejects or deletes keys, and gives the exit code: 0 also where all was so already, 1 where some of the matches mean
 * no key or are refused, 2 where all are.
 */
export async function decide(
  { action, matches, isSure, json }: Decision,
  control: LocalClient,
  io: Io,
): Promise<number> {
  const meant = action === 'delete' && !isSure ? await toDelete(matches, control, io) : orAll(matches);
  if (typeof meant === 'string') {
    io.err('nothing was deleted\n');
    return meant === 'no' ? 1 : 130;
  }
  const done: string[] = [];
  const refused = new Map<string, TsaltError>();
  // One after the other: thousands at once would keep the master from all else.
  for (const each of meant) {
    try {
      const ids = (await control.call(`key.${action}`, { match: each })) as string[];
      if (!json) io.out(ids.map((id) => `${past[action]} ${id}\n`).join(''));
      done.push(...ids);
    } catch (thrown) {
      // One that was named beside others holds up none of them.
      if (!(thrown instanceof TsaltError) || meant.length < 2) throw thrown;
      refused.set(each, thrown);
    }
  }
  const tell = (): void => {
    if (json) io.out(`${JSON.stringify(done)}\n`);
  };
  // What was done is told, whatever comes of looking for reasons.
  if (done.length > 0) tell();
  const met = [...done, ...[...refused.keys()].filter((match) => !isPattern(match))];
  const idle = orAll(matches).filter((match) => !refused.has(match) && !met.some(meansKey(match)));
  const unknown = idle.length > 0 ? await whyIdle(idle) : [];
  // A master that is gone says the same of each.
  const mistakes = new Set([...refused.values(), ...unknown].map(({ message }) => message));
  for (const message of mistakes) io.err(`error: ${message}\n`);
  if (mistakes.size > 0 && done.length === 0 && unknown.length === idle.length) return 2;
  if (done.length === 0) tell();
  return mistakes.size > 0 ? 1 : 0;

  async function whyIdle(some: readonly string[]): Promise<TsaltError[]> {
    try {
      const lists = await listsOf(control);
      return some.flatMap((match) => whyNothing(matches.length === 0 ? undefined : match, action, lists, io) ?? []);
    } catch (thrown) {
      // Who may decide on keys need not be one who may list them.
      if (!(thrown instanceof TsaltError) || done.length + refused.size === 0) throw thrown;
      return some.map(() => thrown);
    }
  }
}

/** What to delete: of several keys those that are shown to the person at the terminal, who has said yes. */
async function toDelete(
  matches: readonly string[],
  control: LocalClient,
  io: Io,
): Promise<readonly string[] | 'no' | 'interrupted'> {
  const input = await io.input?.();
  const [match = '*', ...others] = matches;
  const isOne = others.length === 0 && !isPattern(match);
  // Who is not asked need not be one who may list keys.
  if (input?.isTerminal !== true || isOne) return orAll(matches);
  const lists = await listsOf(control);
  const tests = orAll(matches).map(meansKey);
  const shown = (Object.keys(headings) as (keyof KeyLists)[])
    .map((state) => ({ heading: headings[state], ids: lists[state].filter((id) => tests.some((test) => test(id))) }))
    .filter(({ ids }) => ids.length > 0);
  const ids = [...new Set(shown.flatMap((list) => list.ids))];
  if (ids.length < 2) return ids.length === 0 ? orAll(matches) : ids;
  io.err('These keys will be deleted:\n');
  for (const { heading, ids: some } of shown) io.err(`${heading}\n${some.map((id) => `  ${id}\n`).join('')}`);
  const said = await input.line(`Delete these ${ids.length}? [y/N] `);
  if (said === undefined) return 'interrupted';
  return /^y(es)?$/i.test(said.trim()) ? ids : 'no';
}

const orAll = (matches: readonly string[]): readonly string[] => (matches.length === 0 ? ['*'] : matches);
