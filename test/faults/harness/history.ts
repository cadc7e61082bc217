import { appendFileSync } from 'node:fs';

/*
 * What was asked of a cluster and what it said, line by line: `invoke` before it is asked; then `ok` (it was acknowledged),
 * `fail` (it was refused: it has not happened and never will) or `info` (nobody knows: the answer did not come).
 */

/** `job`: a command on minions; `state`: a state run; `event`: of the master; `own`: of a minion, from its outbox. */
export type OperationKind = 'job' | 'state' | 'event' | 'own';

export type Entry =
  | { readonly phase: 'invoke'; readonly op: number; readonly kind: OperationKind; readonly ids: readonly string[] }
  | { readonly phase: 'ok'; readonly op: number; readonly jid?: string }
  | { readonly phase: 'fail' | 'info'; readonly op: number; readonly reason: string }
  | { readonly phase: 'fault'; readonly what: string };

export interface History {
  readonly entries: readonly Entry[];
  add(entry: Entry): void;
}

/** A history that is also written to `file`, a JSON line an entry, with the milliseconds since it was begun. */
export function recordHistory(file: string): History {
  const entries: Entry[] = [];
  const begun = performance.now();
  return {
    entries,
    add(entry) {
      entries.push(entry);
      appendFileSync(file, `${JSON.stringify({ at: Math.round(performance.now() - begun), ...entry })}\n`);
    },
  };
}

/** One operation: how it was begun and what came of it. */
export interface Operation {
  readonly op: number;
  readonly kind: OperationKind;
  readonly ids: readonly string[];
  readonly end: 'ok' | 'fail' | 'info';
  readonly jid?: string;
}

/** The operations of a history; one that nothing more was heard of is `info`. */
export function operationsOf(entries: readonly Entry[]): Operation[] {
  const found = new Map<number, Operation>();
  for (const entry of entries) {
    if (entry.phase === 'fault') continue;
    if (entry.phase === 'invoke') {
      found.set(entry.op, { op: entry.op, kind: entry.kind, ids: entry.ids, end: 'info' });
      continue;
    }
    const begun = found.get(entry.op);
    if (!begun) throw new Error(`operation ${entry.op} ends and was never begun`);
    const jid = 'jid' in entry && entry.jid !== undefined ? { jid: entry.jid } : {};
    found.set(entry.op, { ...begun, end: entry.phase, ...jid });
  }
  return [...found.values()];
}
