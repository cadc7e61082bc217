import { runnerErrors } from '../../lib/errors/runners.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { asText, type Json } from '../../lib/json.ts';
import type { EventBus } from '../bus.ts';
import type { ReactorEngine } from '../reactor/engine.ts';
import type { RunnerTable } from './runner.ts';

/** What reactors do, did, and could not do. */
export function reactorRunners(reactors: () => ReactorEngine, bus: Pick<EventBus, 'head' | 'read'>): RunnerTable {
  return {
    'reactor.list': {
      summary: 'the reactors, and how they are doing',
      takes: [],
      run: () => reactors().list() as unknown as Json,
    },
    'reactor.why': {
      summary: 'what each reactor did with an event, or why it did not get it',
      takes: ['event'],
      needs: 1,
      run: async ({ event }) => {
        const seq = Number(event);
        if (!Number.isSafeInteger(seq) || seq < 1 || seq > bus.head())
          throw runnerErrors.noSuchEvent({ event: asText(event) });
        const records = await reactors().why(seq);
        const [found] = await bus.read(seq - 1, 1);
        if (found?.seq !== seq) {
          // A number of something else, or an event that is no longer kept.
          if (records.length === 0) throw runnerErrors.noSuchEvent({ event: asText(event) });
          return records as unknown as Json;
        }
        const others = reactors()
          .list()
          .filter(({ name }) => !records.some(({ reactor }) => reactor === name))
          .map(({ name, tag }) => ({ event: seq, reactor: name, ...unseen(tag, found.tag) }));
        return [...records, ...others] as unknown as Json;
      },
    },
    'reactor.dead': { summary: 'the dead letters', takes: [], run: () => reactors().deadLetters() as unknown as Json },
    'reactor.redeliver': {
      summary: 'gives a dead letter to its reactor again, by the number of the event and the name in reactor.dead',
      takes: ['event', 'reactor'],
      needs: 2,
      run: async ({ event, reactor }) => {
        await reactors().redeliver(Number(event), asText(reactor));
        return true;
      },
    },
  };
}

/** Why a reactor has no record of an event. */
function unseen(pattern: string, tag: string): { readonly decision: string; readonly reason: string } {
  if (!fnmatch(pattern)(tag)) return { decision: 'not meant', reason: `its tag '${pattern}' does not match '${tag}'` };
  return {
    decision: 'none yet',
    reason: 'it has not come to the event yet, is newer than it, or what it did is no longer kept',
  };
}
