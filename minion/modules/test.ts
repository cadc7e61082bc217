import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { sleep } from '../../lib/clock.ts';
import { version } from '../../lib/version.ts';
import { anything } from './arguments.ts';

/** Functions that show that calling works. */
export default defineModule({
  ping: defineFunction({
    summary: 'Answers true.',
    args: v.strictObject({}),
    quick: true,
    sync: true,
    run: () => true,
  }),
  version: defineFunction({
    summary: 'The version of tsalt that runs here.',
    args: v.strictObject({}),
    quick: true,
    sync: true,
    run: () => version,
  }),
  echo: defineFunction({
    summary: 'Gives back the text.',
    args: v.strictObject({ text: anything }),
    quick: true,
    sync: true,
    run: ({ text }) => text,
  }),
  true: defineFunction({
    summary: 'Answers true.',
    args: v.strictObject({}),
    quick: true,
    sync: true,
    run: () => true,
  }),
  false: defineFunction({
    summary: 'Answers false.',
    args: v.strictObject({}),
    quick: true,
    sync: true,
    run: () => false,
  }),
  arg: defineFunction({
    summary: 'Shows what arguments arrived.',
    args: v.strictObject({
      args: v.optional(v.array(anything), []),
      kwargs: v.optional(v.record(v.string(), anything), {}),
    }),
    rest: 'args',
    keywords: 'kwargs',
    quick: true,
    run: ({ args, kwargs }) => ({ args, kwargs }),
  }),
  kwarg: defineFunction({
    summary: 'Shows what keyword arguments arrived.',
    args: v.strictObject({ kwargs: v.optional(v.record(v.string(), anything), {}) }),
    keywords: 'kwargs',
    quick: true,
    run: ({ kwargs }) => kwargs,
  }),
  sleep: defineFunction({
    summary: 'Waits that many seconds and answers true.',
    args: v.strictObject({ length: v.pipe(v.number(), v.minValue(0)) }),
    async run({ length }, { clock, signal }) {
      signal.throwIfAborted();
      await Promise.race([
        sleep(clock, length * 1000),
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
        ),
      ]);
      return true;
    },
  }),
  fib: defineFunction({
    summary: 'The number of that place in the Fibonacci sequence, and the seconds it took.',
    args: v.strictObject({ num: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000)) }),
    run({ num }, { clock }) {
      const start = clock.monotonic();
      let [a, b] = [0, 1];
      for (let at = 0; at < num; at++) [a, b] = [b, a + b];
      return [a, (clock.monotonic() - start) / 1000];
    },
  }),
});
