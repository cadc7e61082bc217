import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json } from '../../lib/json.ts';
import type { EventBus } from '../bus.ts';
import type { ReactorEngine } from '../reactor/engine.ts';
import type { RunnerTable } from './runner.ts';

/** What reactors do, did, and could not do. */
export function reactorRunners(reactors: () => ReactorEngine, bus: Pick<EventBus, 'head'>): RunnerTable {
  return {
    'reactor.list': {
      summary: 'the reactors, and how they are doing',
      takes: [],
      run: () => reactors().list() as unknown as Json,
    },
    'reactor.why': {
      summary: 'which reactors saw an event, and what they did',
      takes: ['event'],
      needs: 1,
      run: async ({ event }) => {
        const seq = Number(event);
        if (!Number.isSafeInteger(seq) || seq < 1 || seq > bus.head())
          throw runnerErrors.noSuchEvent({ event: asText(event) });
        return (await reactors().why(seq)) as unknown as Json;
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
