import { createHash, randomInt } from 'node:crypto';
import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';

const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const yes = v.optional(v.boolean(), true);

/** What nobody can guess. A template that calls these gives another text each time: what it makes changes in each run. */
export default defineModule({
  get_str: defineFunction({
    summary: 'A text of random characters: letters and digits, and punctuation where it is asked for.',
    args: v.strictObject({
      length: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 20),
      chars: v.optional(v.pipe(v.string(), v.minLength(1))),
      lowercase: yes,
      uppercase: yes,
      digits: yes,
      punctuation: v.optional(v.boolean(), false),
    }),
    quick: true,
    sync: true,
    run(given) {
      const own = [
        given.lowercase ? lower : '',
        given.uppercase ? lower.toUpperCase() : '',
        given.digits ? digits : '',
        given.punctuation ? punctuation : '',
      ].join('');
      const from = given.chars ?? own;
      if (from === '') throw new RangeError('no kind of characters is left to choose from');
      return Array.from({ length: given.length }, () => from[randomInt(from.length)]).join('');
    },
  }),
  rand_int: defineFunction({
    summary: 'A random whole number from `start` to `end`, both among them.',
    args: v.strictObject({
      start: v.optional(v.pipe(v.number(), v.integer()), 1),
      end: v.optional(v.pipe(v.number(), v.integer()), 10),
    }),
    quick: true,
    sync: true,
    run({ start, end }) {
      if (end < start) throw new RangeError(`there is no number from ${String(start)} to ${String(end)}`);
      return randomInt(start, end + 1);
    },
  }),
  hash: defineFunction({
    summary: 'The hash of a text, in hexadecimal digits.',
    args: v.strictObject({
      value: v.string(),
      algorithm: v.optional(v.picklist(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']), 'sha512'),
    }),
    quick: true,
    sync: true,
    run: ({ value, algorithm }) => createHash(algorithm).update(value).digest('hex'),
  }),
});
