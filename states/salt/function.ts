import * as v from 'valibot';
import type { MinionEnding } from '../../lib/contracts/orchestration.ts';
import { defineState } from '../../lib/contracts/state.ts';
import { jsonList, jsonMap } from '../../lib/schema/json.ts';
import { firstLine, minionArgs, onMinions, returnsOf } from './minions.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^\w+(\.\w+)+$/, 'a function, such as test.ping')),
  ...minionArgs,
  /** Positional arguments. */
  arg: v.optional(v.union([v.string(), jsonList], 'a list')),
  /** Named arguments. */
  kwarg: v.optional(jsonMap, {}),
});

/** Why an answer is a failure: as Salt has it, a code other than 0, and `false`. */
function whyFailed({ return: answer, success, retcode }: MinionEnding): string | undefined {
  if (success && retcode === 0 && answer !== false) return undefined;
  const code = retcode === 0 ? '' : ` (code ${retcode})`;
  return `${firstLine(answer) || 'it failed'}${code}`;
}

export default defineState({
  summary: 'Minions run an execution function, all of them with success. For orchestrations.',
  example: `
cmd.run:
  salt.function:
    - tgt: 'web*'
    - arg:
        - systemctl reload nginx
    - kwarg:
        runas: root
`,
  args,
  ...onMinions<v.InferOutput<typeof args>>({
    nobody: 'No minions responded',
    order: ({ name: fun, arg = [], kwarg }) => ({
      fun,
      arg: typeof arg === 'string' ? arg.split(/\s+/).filter((word) => word !== '') : arg,
      kwarg,
    }),
    whyFailed,
    planned: ({ name, arg, tgt }, who) => ({
      comment: `Function ${name} would be executed on target ${[tgt].flat().join(',')}: ${who}`,
      ...(typeof arg === 'string' ? { warnings: ["Please specify 'arg' as a list of arguments."] } : {}),
    }),
    told({ name }, { endings, failed, isFailure, lines }) {
      const ran = endings.filter(({ answered }) => answered).map(({ id }) => id);
      const said = [
        isFailure ? `Running function ${name} failed on minions: ${failed.join(', ')}` : 'Function ran successfully.',
        ...(ran.length > 0 ? [`Function ${name} ran on ${ran.join(', ')}.`] : []),
      ];
      return {
        result: !isFailure,
        changes: endings.length === 0 ? {} : { ret: returnsOf(endings) },
        comment: [said.join(' '), ...lines].join('\n'),
      };
    },
  }),
});
