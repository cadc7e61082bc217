import * as v from 'valibot';
import { stringify } from 'yaml';
import {
  beaconAt,
  isSameBeacon,
  readKept,
  shownBeacon,
  switched,
  whatIsWrong,
  whyFixed,
  writeBeacon,
  type KeptBeacons,
  type Written,
} from '../../lib/beacons/kept.ts';
import { beaconNames } from '../../lib/beacons/parameters.ts';
import { editMinionFile } from '../../lib/config/minion-file.ts';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import type { FileStep } from '../../lib/contracts/machine.ts';
import { contentDiff } from '../../lib/diff.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { asText, isJsonMap, type Json, type JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';

/** What these functions give, as Salt's do. */
interface Answer {
  readonly comment: string;
  readonly result: boolean;
  readonly changes?: JsonMap;
}

const name = v.pipe(
  v.string(),
  v.minLength(1),
  v.check((given) => !['enabled', '__proto__'].includes(given), 'the name of a beacon'),
);
const test = v.optional(v.boolean(), false);
const returnYaml = v.optional(v.boolean(), true);
const flag = v.optional(v.boolean(), true);
/** A list of its options, or a map of them. */
const beaconData = v.pipe(
  v.union([v.custom<JsonMap>(isJsonMap, 'a map'), v.array(v.custom<JsonMap>(isJsonMap, 'a map'))], 'a list of options'),
  v.transform((given): Written =>
    Array.isArray(given) ? given : Object.entries(given).map(([key, value]) => ({ [key]: value })),
  ),
);

const no = (comment: string): Answer => ({ comment, result: false });
const yes = (comment: string): Answer => ({ comment, result: true });

const beacons = (context: ExecContext): KeptBeacons => {
  const { machine } = context;
  // The machine's own pillar is that of a state run.
  return readKept(undefined, { ...machine, pillar: context.pillar });
};

async function write(context: ExecContext, steps: readonly FileStep[]): Promise<void> {
  for (const step of steps) await context.machine.perform(step);
}

/** A false result is a failure of the function, too. */
function told(context: ExecContext, answer: Answer): Answer {
  if (!answer.result) context.failed(1);
  return answer;
}

/** Changes what is kept, unless something is in the way or it is only to say what it would do. */
async function change(
  context: ExecContext,
  {
    isTest,
    would,
    fixed,
    steps,
    did,
  }: { isTest: boolean; would: string; fixed: string | undefined; steps: () => FileStep[]; did: Answer },
): Promise<Answer> {
  if (isTest) return yes(would);
  if (fixed !== undefined) return told(context, no(fixed));
  await write(context, steps());
  return did;
}

function shown(all: Json, asYaml: boolean): Json {
  return asYaml ? stringify({ beacons: all }) : all;
}

/** All of them, by the switch above them; or one by its own. */
const switchAll = (enabled: boolean) =>
  defineFunction({
    summary: `${enabled ? 'Enables' : 'Disables'} the beacons of the minion, all of them.`,
    args: v.strictObject({ test }),
    async run(given, context) {
      const kept = beacons(context);
      const [done, Done] = enabled ? ['enabled', 'Enabled'] : ['disabled', 'Disabled'];
      return change(context, {
        isTest: given.test,
        would: `Beacons would be ${done}.`,
        fixed: kept.file.problem,
        steps: () => editMinionFile(kept.file, ['beacons', 'enabled'], enabled),
        did: yes(`${Done} beacons on minion.`),
      });
    },
  });

const switchOne = (enabled: boolean) =>
  defineFunction({
    summary: `${enabled ? 'Enables' : 'Disables'} one beacon.`,
    args: v.strictObject({ name, test }),
    async run(given, context) {
      const kept = beacons(context);
      const beacon = beaconAt(kept, given.name);
      if (beacon === undefined && !given.test)
        return told(context, no(`Beacon ${given.name} is not currently configured.`));
      return change(context, {
        isTest: given.test,
        would: `Beacon ${given.name} would be ${enabled ? 'enabled' : 'disabled'}.`,
        fixed: whyFixed(kept, given.name, enabled ? 'enable' : 'disable'),
        steps: () => writeBeacon(kept, given.name, switched(beacon, enabled)),
        did: yes(`${enabled ? 'Enabled' : 'Disabled'} beacon ${given.name} on minion.`),
      });
    },
  });

/** Which beacon it is to be, where its name is its own. */
const moduleOf = (given: string, data: Written): string =>
  asText(data.findLast((item) => 'beacon_module' in item)?.['beacon_module'] ?? given);

/** What is wrong with a beacon that somebody wants. One of the operator's own says itself what it takes. */
async function problemOf(
  wanted: string,
  data: Written,
  { customBeacons }: Pick<ExecContext, 'customBeacons'>,
): Promise<string | undefined> {
  const module = moduleOf(wanted, data);
  // The config is read where nobody knows the operator's own: what it takes for a mistake must not get there.
  const inConfig = whatIsWrong(wanted, data);
  if (inConfig !== undefined || !customBeacons.names.includes(module)) return inConfig;
  try {
    const { parameters } = await customBeacons.load(module);
    return whatIsWrong(wanted, data, new Map([[module, { stamp: '', parameters }]]));
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** The beacons of the minion: what these set is kept, and taken by the minion within seconds. */
export default defineModule({
  list: defineFunction({
    summary: 'The beacons of config and pillar, as YAML or as data.',
    args: v.strictObject({ return_yaml: returnYaml, include_pillar: flag, include_opts: flag }),
    run(given, context) {
      const { configured, ofPillar } = beacons(context);
      const all = { ...(given.include_pillar && ofPillar), ...(given.include_opts && configured) };
      return shown(all, given.return_yaml);
    },
  }),
  list_available: defineFunction({
    summary: "The beacons that there are, the operator's own among them, as YAML or as data.",
    args: v.strictObject({ return_yaml: returnYaml }),
    run: (given, { customBeacons }) => shown([...new Set([...beaconNames, ...customBeacons.names])], given.return_yaml),
  }),
  add: defineFunction({
    summary: 'Adds a beacon: its name, and a list of its options.',
    args: v.strictObject({ name, beacon_data: beaconData, test }),
    async run({ name: wanted, beacon_data: data, test: isTest }, context) {
      const kept = beacons(context);
      if (beaconAt(kept, wanted) !== undefined) return yes(`Beacon ${wanted} is already configured.`);
      const module = moduleOf(wanted, data);
      const known = [...beaconNames, ...context.customBeacons.names];
      if (!known.includes(module)) {
        const near = nearest(module, known);
        const hint = near === undefined ? '' : `\nhint: did you mean '${near}'?`;
        return told(context, no(`Beacon "${module}" is not available.${hint}`));
      }
      const wrong = await problemOf(wanted, data, context);
      if (wrong !== undefined && !isTest)
        return told(context, no(`Beacon ${wanted} configuration invalid, not adding.\n${wrong}`));
      return change(context, {
        isTest,
        would: `Beacon: ${wanted} would be added.`,
        fixed: whyFixed(kept, wanted, 'add'),
        steps: () => writeBeacon(kept, wanted, data),
        did: yes(`Added beacon: ${wanted}.`),
      });
    },
  }),
  modify: defineFunction({
    summary: 'Gives a beacon other options, in place of all that it has.',
    args: v.strictObject({ name, beacon_data: beaconData, test }),
    async run({ name: wanted, beacon_data: data, test: isTest }, context) {
      const kept = beacons(context);
      const old = beaconAt(kept, wanted);
      if (old === undefined) return told(context, no(`Beacon ${wanted} is not configured.`));
      const wrong = await problemOf(wanted, data, context);
      if (wrong !== undefined && !isTest)
        return told(context, no(`Beacon ${wanted} configuration invalid, not modifying.\n${wrong}`));
      if (isSameBeacon(old, data) && !isTest) return yes(`Job ${wanted} in correct state`);
      const diff = contentDiff(Buffer.from(shownBeacon(old)), Buffer.from(shownBeacon([...data])));
      return change(context, {
        isTest,
        would: `Beacon: ${wanted} would be modified.`,
        fixed: whyFixed(kept, wanted, 'modify'),
        steps: () => writeBeacon(kept, wanted, data),
        did: { ...yes(`Modified beacon: ${wanted}.`), changes: { diff } },
      });
    },
  }),
  delete: defineFunction({
    summary: 'Removes a beacon.',
    args: v.strictObject({ name, test }),
    async run({ name: unwanted, test: isTest }, context) {
      const kept = beacons(context);
      return change(context, {
        isTest,
        would: `Beacon: ${unwanted} would be deleted.`,
        fixed: whyFixed(kept, unwanted, 'delete'),
        steps: () => (Object.hasOwn(kept.own, unwanted) ? writeBeacon(kept, unwanted, undefined) : []),
        did: yes(`Deleted beacon: ${unwanted}.`),
      });
    },
  }),
  enable: switchAll(true),
  disable: switchAll(false),
  enable_beacon: switchOne(true),
  disable_beacon: switchOne(false),
  save: defineFunction({
    summary: 'Says where beacons are kept: all that these functions and states set is kept at once.',
    args: v.strictObject({}),
    run(_, context) {
      const { file } = beacons(context);
      return told(context, file.problem === undefined ? yes(`Beacons saved to ${file.path}.`) : no(file.problem));
    },
  }),
  reset: defineFunction({
    summary:
      'Removes all beacons that functions and states have set; those of other config files and of the pillar stay.',
    args: v.strictObject({ test }),
    async run(given, context) {
      const { file } = beacons(context);
      return change(context, {
        isTest: given.test,
        would: 'Beacons would be reset.',
        fixed: file.problem,
        steps: () => editMinionFile(file, ['beacons'], undefined),
        did: yes('Beacon configuration reset.'),
      });
    },
  }),
});
