import test from 'ava';
import type { Json } from '../../lib/json.ts';
import type { ControlCall } from '../../master/access/guard.ts';
import { controlMethods, type ControlParts } from '../../master/control.ts';
import { eventually } from '../kit/eventually.ts';
import { books } from './books.ts';

test('listen: a slow caller gets every event once and in order, however many come while it reads the old ones', async (t) => {
  const { bus } = await books(t);
  const fire = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, (_, n) => bus.fire({ tag: 'x/y', data: { n } })));
  };
  await fire(100);
  // Of all that it asks for, listening needs the bus alone.
  const methods = controlMethods({ bus } as ControlParts);
  const seen: number[] = [];
  const gone = new AbortController();
  let more = [999, 1000, 1001, 2500];
  const call = {
    signal: gone.signal,
    emit: (event: Json) => void seen.push((event as { seq: number }).seq),
    async taken() {
      const [next, ...rest] = more;
      more = rest;
      if (next !== undefined) await fire(next);
    },
  };
  const listening = methods['event.listen']?.({ tag: '*', since: 1 }, call as unknown as ControlCall);
  const all = 100 + 999 + 1000 + 1001 + 2500;
  await eventually(() => seen.length >= all);
  await fire(3);
  await eventually(() => seen.length >= all + 3);
  t.deepEqual(
    seen,
    Array.from({ length: all + 3 }, (_, i) => i + 1),
  );
  gone.abort();
  t.is(await listening, null);
});
