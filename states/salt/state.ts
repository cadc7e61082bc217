import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { MinionEnding, MinionJob } from '../../lib/contracts/orchestration.ts';
import { defineState, type Outcome } from '../../lib/contracts/state.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { jsonMap } from '../../lib/schema/json.ts';
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
  name: v.string(),
  ...minionArgs,
  /** State files to run. */
  sls: v.optional(arg.textList),
  /** The states that the top files mean for each minion. */
  highstate: v.optional(v.boolean()),
  /** A top file to go by in place of top.sls. */
  top: v.optional(v.string()),
  /** Laid over the pillar of each minion. */
  pillar: v.optional(jsonMap),
  pillarenv: v.optional(v.string()),
  saltenv: v.optional(v.string()),
  /** True: the minions only say what they would change. */
  test: v.optional(v.boolean()),
  /** Whether to wait for a state run that is under way there, or to be refused. */
  queue: v.optional(v.boolean()),
});
type Args = v.InferOutput<typeof args>;

function jobOfStates(given: Args, isTest: boolean): MinionJob {
  const { highstate = false, top, sls = [], pillar, pillarenv, saltenv, queue } = given;
  const named: JsonMap = {
    ...(isTest || given.test !== undefined ? { test: isTest || given.test === true } : {}),
    ...(pillar && { pillar }),
    ...(pillarenv !== undefined && { pillarenv }),
    ...(saltenv !== undefined && { saltenv }),
    ...(queue !== undefined && { queue }),
  };
  if (highstate) return jobOf(given, { fun: 'state.highstate', arg: [], kwarg: named });
  if (top !== undefined) return jobOf(given, { fun: 'state.top', arg: [top], kwarg: named });
  return jobOf(given, { fun: 'state.sls', arg: [sls.join(',')], kwarg: named });
}

/** Why a state run is a failure: what did not compile, or the states that failed. */
function whyFailed({ return: run, success, retcode }: MinionEnding): string | undefined {
  if (Array.isArray(run)) return `nothing was run: ${firstLine(run[0])}`;
  if (!isMap(run)) return `no state run came back: ${firstLine(run)}`;
  const failures = Object.entries(run).flatMap(([tag, entry]) => {
    if (!isMap(entry) || entry['result'] !== false) return [];
    const [module = '', id = ''] = tag.split('_|-');
    return [`${module} '${id}': ${firstLine(entry['comment'])}`];
  });
  if (failures.length > 0) return failures.join('; ');
  return success && retcode === 0 ? undefined : `it ended with ${retcode}`;
}

const hasChanges = ({ return: run }: MinionEnding): boolean =>
  isMap(run) &&
  Object.values(run).some(
    (entry) => isMap(entry) && isMap(entry['changes']) && Object.keys(entry['changes']).length > 0,
  );

/** The outcome in Salt's words. */
function told(given: Args, endings: readonly MinionEnding[], isTest: boolean): Outcome {
  const { failed, isFailure, lines } = judged(given, endings, whyFailed);
  const there = endings.filter(({ answered }) => answered || given.expect_minions);
  const isGood = (one: MinionEnding): boolean => one.answered && whyFailed(one) === undefined;
  const shown = there.filter((one) => !isGood(one) || hasChanges(one));
  const ret = Object.fromEntries(shown.map((one) => [one.id, one.answered ? one.return : false] as [string, Json]));
  const changes: JsonMap = shown.length === 0 ? {} : { out: 'highstate', ret };
  const names = (some: readonly MinionEnding[]): string => some.map(({ id }) => id).join(', ');
  if (isFailure)
    return { result: false, changes, comment: [`Run failed on minions: ${failed.join(', ')}`, ...lines].join('\n') };
  const same = there.filter((one) => isGood(one) && !hasChanges(one));
  const comment = [
    'States ran successfully.',
    ...(shown.length > 0 ? [`Updating ${names(shown)}.`] : []),
    ...(same.length > 0 ? [`No changes made to ${names(same)}.`] : []),
  ].join(' ');
  return {
    result: isTest && shown.length > 0 ? null : true,
    changes,
    comment: [comment, ...lines].join('\n'),
  };
}

export default defineState({
  summary: 'Minions run states, all of them with success. For orchestrations.',
  example: `
web servers:
  salt.state:
    - tgt: 'role:web'
    - tgt_type: grain
    - sls:
        - nginx
        - app
    - pillar:
        version: 1.4.2
    - batch: 25%
`,
  args,
  reads: [],
  check: ({ highstate, sls = [], top }) =>
    highstate || top !== undefined || sls.length > 0 ? undefined : 'No highstate or sls specified',
  async read(given, machine): Promise<MinionFacts> {
    const targets = await targetsOf(given, machine);
    if (!machine.master?.rehearse || targets.minions.length === 0) return { targets };
    return { targets, rehearsal: await machine.master.rehearse(jobOfStates(given, true)) };
  },
  plan(given, facts) {
    const nobody = planForNobody(given, facts, 'No minions returned');
    if (nobody) return nobody;
    const steps = [{ do: 'publish', job: jobOfStates(given, false) }] as const;
    if (!facts.rehearsal) {
      const comment = `States would be run on ${facts.targets.minions.join(', ')}`;
      return { changes: {}, comment, steps, unknownUntilRun: true };
    }
    const { result, changes, comment } = told(given, facts.rehearsal, true);
    return { changes, comment, steps: result === null ? steps : [], impossible: result === false };
  },
  report: (_, results, given) => told(given, endingsOf(results), given.test === true),
});
