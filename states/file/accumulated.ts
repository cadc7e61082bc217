import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';

const piece = v.union([arg.scalar, arg.map]);

const args = v.strictObject({
  name: v.string(),
  filename: arg.path,
  text: v.pipe(
    v.union([v.array(piece), piece]),
    v.transform((given) =>
      (Array.isArray(given) ? given : [given]).map((one) => (typeof one === 'object' ? one : arg.scalarText(one))),
    ),
  ),
});

export default defineState({
  summary: "Texts are gathered for a file whose state requires this one: its template sees them in 'accumulator'.",
  example: `
animals:
  file.accumulated:
    - filename: /etc/animals.conf
    - text: cat
    - require_in:
      - file: /etc/animals.conf

/etc/animals.conf:
  file.managed:
    - source: salt://animals.conf
    - template: handlebars
`,
  args,
  reads: [],
  read: (_, { requiredBy }) => requiredBy?.some(({ fun }) => fun.startsWith('file.')) === true,
  plan: ({ name, filename }, isWanted) =>
    isWanted
      ? alreadyRight(`Accumulator ${name} for file ${filename} was charged by text`)
      : impossible(`Orphaned accumulator ${name}: no state of file requires it (require_in, watch_in)`),
});
