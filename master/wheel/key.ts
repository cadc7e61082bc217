import { TsaltError } from '../../lib/errors/error.ts';
import { isPattern } from '../../lib/fnmatch.ts';
import { meansKey } from '../../lib/key-match.ts';
import { asText, type Json } from '../../lib/json.ts';
import type { Keys, KeyState } from '../keys.ts';
import type { Runner, RunnerTable } from '../runners/runner.ts';

/**
 * Decisions on keys, by an id or a glob on the ids that are there: for operators and for wheel reactions. A glob accepts and
 * rejects only what nobody has decided on, as in Salt: who was rejected is let in, and who was let in is put out, by name.
 */
export interface KeyCommands {
  list(): Record<KeyState, string[]>;
  /** Ids that were decided on. */
  accept(match: string): Promise<string[]>;
  reject(match: string): Promise<string[]>;
  delete(match: string): Promise<string[]>;
  /** By the state of the key: one id may have two keys, one of them denied. */
  finger(match: string): Record<KeyState, Record<string, string>>;
}

export function keyCommands(keys: Keys): KeyCommands {
  const idsOf = (match: string, states: readonly KeyState[]): string[] => {
    const isMeant = meansKey(match);
    const meant = keys.list().filter(({ id, state }) => states.includes(state) && isMeant(id));
    return [...new Set(meant.map(({ id }) => id))];
  };
  const decide = async (ids: readonly string[], decision: (id: string) => Promise<boolean>): Promise<string[]> => {
    const done: string[] = [];
    let first: TsaltError | undefined;
    for (const id of ids) {
      try {
        if (await decision(id)) done.push(id);
      } catch (thrown) {
        if (!(thrown instanceof TsaltError)) throw thrown;
        // One that can't be decided on holds up no other.
        first ??= thrown;
      }
    }
    if (!first) return done;
    const { code, sentence, hint } = first;
    throw new TsaltError(code, sentence, {
      hint: done.length > 0 ? `the others were done: ${done.join(', ')}` : hint,
      cause: first,
    });
  };
  return {
    list() {
      const lists: Record<KeyState, string[]> = { accepted: [], pending: [], rejected: [], denied: [] };
      for (const { id, state } of keys.list()) lists[state].push(id);
      return lists;
    },
    accept(match) {
      const from: KeyState[] = isPattern(match) ? ['pending'] : ['pending', 'rejected'];
      return decide(idsOf(match, from), (id) => keys.accept(id, { from, reason: 'accepted by an operator' }));
    },
    reject(match) {
      // One that a reactor rejected is rejected for good by this.
      const from: KeyState[] = isPattern(match) ? ['pending', 'rejected'] : ['pending', 'accepted', 'rejected'];
      return decide(idsOf(match, from), (id) => keys.reject(id, { from, reason: 'rejected by an operator' }));
    },
    delete: (match) => decide(idsOf(match, ['accepted', 'pending', 'rejected', 'denied']), (id) => keys.delete(id)),
    finger(match) {
      const fingers: Record<KeyState, Record<string, string>> = { accepted: {}, pending: {}, rejected: {}, denied: {} };
      const isMeant = meansKey(match);
      for (const { id, state, fingerprint } of keys.list()) if (isMeant(id)) fingers[state][id] = fingerprint;
      return fingers;
    },
  };
}

/** Salt's wheel module `key`: decisions on keys. */
export function keyWheel(commands: KeyCommands): RunnerTable {
  const matching = (summary: string, run: (match: string) => Json | Promise<Json>): Runner => ({
    summary,
    takes: ['match'],
    needs: 1,
    run: ({ match }) => run(asText(match)),
  });
  return {
    'key.accept': matching(
      'accepts keys that wait, and by its id also one that was rejected; gives their ids',
      (match) => commands.accept(match),
    ),
    'key.reject': matching(
      'rejects keys that wait, and by its id also one that was accepted; gives their ids',
      (match) => commands.reject(match),
    ),
    'key.delete': matching('forgets keys; gives their ids', (match) => commands.delete(match)),
    'key.list_all': { summary: 'ids by the state of their key', takes: [], run: () => commands.list() },
    'key.finger': matching('fingerprints by id, by the state of the key', (match) => commands.finger(match)),
  };
}
