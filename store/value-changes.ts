import { decodePayload, isEvent } from './codec.ts';
import type { RecordLog } from './log.ts';
import type { TableChange } from './table.ts';

/** What the log's records with a number above `after` put and delete, in order, in pieces; events are left out. */
export async function* valueChanges(
  log: Pick<RecordLog, 'read'>,
  after: number,
): AsyncGenerator<readonly TableChange[]> {
  for await (const records of log.read(after)) {
    yield records.flatMap(({ number, payload }) => {
      if (isEvent(payload)) return [];
      const decoded = decodePayload(payload);
      return 'event' in decoded ? [] : [{ number, ...decoded }];
    });
  }
}
