import * as v from 'valibot';
import type { MinionEnding } from '../../lib/contracts/orchestration.ts';
import { defineState } from '../../lib/contracts/state.ts';
import type { Json } from '../../lib/json.ts';
import { jsonList, jsonMap } from '../../lib/schema/json.ts';
import {
  endingsOf,
  firstLine,
  jobOf,
  judged,
  minionArgs,
  planForNobody,
  targetsOf,
  type MinionFacts,
} from './minions.ts';

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
  reads: [],
  read: async (given, machine): Promise<MinionFacts> => ({ targets: await targetsOf(given, machine) }),
  plan(given, facts) {
    const nobody = planForNobody(given, facts, 'No minions responded');
    if (nobody) return nobody;
    const { name: fun, arg: listed = [], kwarg, tgt } = given;
    const arg = typeof listed === 'string' ? listed.split(/\s+/).filter((word) => word !== '') : listed;
    const target = typeof tgt === 'string' ? tgt : tgt.join(',');
    return {
      changes: {},
      comment: `Function ${fun} would be executed on target ${target}: ${facts.targets.minions.join(', ')}`,
      steps: [{ do: 'publish', job: jobOf(given, { fun, arg, kwarg }) }],
      unknownUntilRun: true,
      ...(typeof listed === 'string' ? { warnings: ["Please specify 'arg' as a list of arguments."] } : {}),
    };
  },
  report(_, results, given) {
    const endings = endingsOf(results).filter(({ answered }) => answered || given.expect_minions);
    const { failed, isFailure, lines } = judged(given, endings, whyFailed);
    const ret = Object.fromEntries(endings.map((one) => [one.id, one.answered ? one.return : false] as [string, Json]));
    const ran = endings.filter(({ answered }) => answered).map(({ id }) => id);
    const said = [
      isFailure
        ? `Running function ${given.name} failed on minions: ${failed.join(', ')}`
        : 'Function ran successfully.',
      ...(ran.length > 0 ? [`Function ${given.name} ran on ${ran.join(', ')}.`] : []),
    ];
    return {
      result: !isFailure,
      changes: endings.length === 0 ? {} : { ret },
      comment: [said.join(' '), ...lines].join('\n'),
    };
  },
});
