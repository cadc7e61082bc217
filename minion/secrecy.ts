import type { RunWatcher, StatePlace, StateResult } from '../lib/contracts/state.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Redactor } from '../lib/secrets/redactor.ts';
import type { Outbox } from './outbox.ts';
import type { Ask } from './fetched-files.ts';

/** The ways on which something of a call leaves its process before its answer does. */
interface WaysOut {
  readonly log: Log;
  readonly ask?: Ask;
  readonly watcher?: RunWatcher | undefined;
  sendEvent?(tag: string, data: JsonMap): Promise<boolean>;
  sendResult?(result: StateResult, total: number): void;
}

/** Does what a call asks for, so that no secret leaves the process: not by its ways out, nor by its answer or what it raises. */
export async function inSecrecy<Call extends WaysOut>(
  call: Call,
  secrets: Redactor,
  work: (call: Call) => Promise<Json>,
): Promise<Json> {
  const { log, watcher } = call;
  const guarded: Call = {
    ...call,
    log: secrets.log(log),
    ...(watcher && { watcher: watching(watcher, secrets) }),
    ...(call.ask && { ask: askingWithout(secrets, call.ask) }),
    ...(call.sendEvent && {
      sendEvent: (tag: string, data: JsonMap) => call.sendEvent?.(secrets.text(tag), secrets.data(data)),
    }),
    ...(call.sendResult && {
      sendResult: (result: StateResult, total: number) => call.sendResult?.(withoutSecrets(result, secrets), total),
    }),
  };
  try {
    return secrets.data(await work(guarded));
  } catch (thrown) {
    throw secrets.error(thrown);
  }
}

/** Asks the master, and keeps secrets out of what it may keep. Of pillar it keeps nothing, which may be asked for with anything laid over it. */
export function askingWithout(secrets: Redactor, ask: Ask): Ask {
  return (question, body) => ask(question, question === 'pillar' ? body : secrets.data(body));
}

function watching(watcher: RunWatcher, secrets: Redactor): RunWatcher {
  const at = (place: StatePlace): StatePlace => ({ ...place, name: secrets.text(place.name) });
  return {
    began: (place) => watcher.began?.(at(place)),
    ended: (result, place) => watcher.ended?.(withoutSecrets(result, secrets), at(place)),
  };
}

/** A state's result is made of what JSON has. */
function withoutSecrets(result: StateResult, secrets: Redactor): StateResult {
  return secrets.data(result as unknown as JsonMap) as unknown as StateResult;
}

/** The outbox of a minion, with nothing put into it that is secret. */
export function outboxWithoutSecrets(outbox: Outbox, secrets: Redactor): Outbox {
  const guarded: Pick<Outbox, 'addEvent' | 'addProgress' | 'addResult' | 'addReturn' | 'addScheduled'> = {
    addEvent: (tag, data, jid) => outbox.addEvent(secrets.text(tag), secrets.data(data), jid),
    addProgress: (jid, place) => outbox.addProgress(jid, { ...place, name: secrets.text(place.name) }),
    addResult: (jid, result, total) => outbox.addResult(jid, withoutSecrets(result, secrets), total),
    addReturn: (jid, fun, outcome) => outbox.addReturn(jid, fun, { ...outcome, return: secrets.data(outcome.return) }),
    addScheduled: ({ args, kwargs, metadata, ...job }, outcome) =>
      outbox.addScheduled(
        {
          ...job,
          args: args.map((arg) => secrets.data(arg)),
          kwargs: secrets.data(kwargs),
          ...(metadata && { metadata: secrets.data(metadata) }),
        },
        { ...outcome, return: secrets.data(outcome.return) },
      ),
  };
  // The rest of it, and what it is now.
  return Object.assign(Object.create(outbox) as Outbox, guarded);
}
