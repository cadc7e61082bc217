import { asText, type JsonMap } from '../../lib/json.ts';
import type { EventBus } from '../bus.ts';
import type { RunnerTable } from './runner.ts';

export function eventRunners(bus: Pick<EventBus, 'fire'>): RunnerTable {
  return {
    'event.send': {
      summary: 'fires an event',
      takes: ['tag', 'data'],
      needs: 1,
      run: async ({ tag, data }, { cause, depth }) => {
        const led = { ...(cause === undefined ? {} : { cause }), ...(depth === undefined ? {} : { depth }) };
        return (await bus.fire({ tag: asText(tag), data: (data ?? {}) as JsonMap, ...led })).seq;
      },
    },
  };
}
