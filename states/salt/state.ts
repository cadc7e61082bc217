import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { MinionEnding, MinionJob } from '../../lib/contracts/orchestration.ts';
import { defineState, type Outcome } from '../../lib/contracts/state.ts';
import { exclusions } from '../../lib/exclusions.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { jsonMap } from '../../lib/schema/json.ts';
import { firstLine, minionArgs, onMinions, returnsOf, type Judged, type Judgement } from './minions.ts';

const args = v.strictObject({
  name: v.string(),
  ...minionArgs,
  /** State files to run. */
  sls: v.optional(arg.textList),
  /** The states that the top files mean for each minion. */
  highstate: v.optional(v.boolean()),
  /** A top file to go by in place of top.sls. */
  top: v.optional(v.string()),
  /** State files, or states by their ids, that are left out. */
  exclude: v.optional(exclusions),
  /** Laid over the pillar of each minion. */
  pillar: v.optional(jsonMap),
  pillarenv: v.optional(v.string()),
  saltenv: v.optional(v.string()),
  /** True: the minions only say what they would change. */
  test: v.optional(v.boolean()),
  /** Whether to wait for a state run that is under way there, or to be refused. */
  queue: v.optional(v.boolean()),
  /** True: beside a state run that is under way there. */
  concurrent: v.optional(v.boolean()),
});
type Args = v.InferOutput<typeof args>;

function orderOf(given: Args, test = given.test): Pick<MinionJob, 'fun' | 'arg' | 'kwarg'> {
  const { highstate = false, top, sls = [], exclude, pillar, pillarenv, saltenv, queue, concurrent } = given;
  const kwarg: JsonMap = {
    ...(test !== undefined && { test }),
    ...(exclude && { exclude }),
    ...(pillar && { pillar }),
    ...(pillarenv !== undefined && { pillarenv }),
    ...(saltenv !== undefined && { saltenv }),
    ...(queue !== undefined && { queue }),
    ...(concurrent === true && { concurrent }),
  };
  if (highstate) return { fun: 'state.highstate', arg: [], kwarg };
  if (top !== undefined) return { fun: 'state.top', arg: [top], kwarg };
  return { fun: 'state.sls', arg: [sls.join(',')], kwarg };
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
function told(given: Args, { endings, failed, isFailure, lines }: Judgement, isTest: boolean): Outcome {
  const isSame = (one: Judged): boolean => one.why === undefined && !hasChanges(one);
  const shown = endings.filter((one) => !isSame(one));
  const changes: JsonMap = shown.length === 0 ? {} : { out: 'highstate', ret: returnsOf(shown) };
  const names = (some: readonly MinionEnding[]): string => some.map(({ id }) => id).join(', ');
  if (isFailure)
    return { result: false, changes, comment: [`Run failed on minions: ${failed.join(', ')}`, ...lines].join('\n') };
  const same = endings.filter(isSame);
  const comment = [
    'States ran successfully.',
    ...(shown.length > 0 ? [`Updating ${names(shown)}.`] : []),
    ...(same.length > 0 ? [`No changes made to ${names(same)}.`] : []),
  ].join(' ');
  return {
    result: (isTest || given.test === true) && shown.length > 0 ? null : true,
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
    - exclude: app.cron
    - pillar:
        version: 1.4.2
    - batch: 25%
`,
  args,
  check: ({ highstate, sls = [], top }) =>
    highstate || top !== undefined || sls.length > 0 ? undefined : 'No highstate or sls specified',
  ...onMinions<Args>({
    nobody: 'No minions returned',
    order: (given) => orderOf(given),
    rehearsal: (given) => orderOf(given, true),
    whyFailed,
    planned: (_, who) => ({ comment: `States would be run on ${who}` }),
    told,
  }),
});
