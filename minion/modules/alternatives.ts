import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { readAlternatives } from '../../lib/system/alternatives.ts';

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/));

/** Groups of programs that do the same. */
export default defineModule({
  show_current: defineFunction({
    summary: 'Where a group of alternatives leads now; empty when there is none of that name.',
    args: v.strictObject({ name }),
    sync: true,
    run: (given, { machine }) => readAlternatives(machine.files, given.name).group?.current ?? '',
  }),
  show_link: defineFunction({
    summary: 'The link that a group of alternatives is about; empty when there is none of that name.',
    args: v.strictObject({ name }),
    sync: true,
    run: (given, { machine }) => readAlternatives(machine.files, given.name).group?.link ?? '',
  }),
  check_exists: defineFunction({
    summary: 'Whether a program is one of the alternatives of a group.',
    args: v.strictObject({ name, path: v.string() }),
    sync: true,
    run: (given, { machine }) =>
      readAlternatives(machine.files, given.name).group?.choices.some(({ path }) => path === given.path) === true,
  }),
});
