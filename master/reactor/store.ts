import { isMap, type JsonMap } from '../../lib/json.ts';
import type { RecordLog } from '../../store/log.ts';
import type { ReactionStore } from './types.ts';

/** Reaction records in a log of their own, which shares commits among all that wait. */
export function reactionStore(log: RecordLog): ReactionStore {
  return {
    append: (record) => log.append([Buffer.from(JSON.stringify(record))]),
    async *replay() {
      for await (const piece of log.read(0)) {
        for (const { number, payload } of piece) {
          const record: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
          if (isMap(record)) yield { position: number, record: record as JsonMap };
        }
      }
    },
    async trim(position) {
      await log.trim(position);
    },
  };
}
