import * as v from 'valibot';
import {
  defineFunction,
  defineModule,
  type ExecContext,
  type ShownStates,
  type StateRequest,
} from '../../lib/contracts/execution.ts';
import { exclusions } from '../../lib/exclusions.ts';
import { asText, isJsonMap, type JsonMap } from '../../lib/json.ts';
import { singleState } from '../../lib/state-runs.ts';

const names = v.optional(v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))]), []);
const pillar = v.optional(v.custom<JsonMap>(isJsonMap, 'a map'), {});
const test = v.optional(v.boolean());
/** Salt's word for waiting until another run is over, which every run does here unless it is false. */
const queue = v.optional(v.boolean());
/** Salt's word for a run that waits for no other, and runs beside it. */
const concurrent = v.optional(v.boolean());
const exclude = v.optional(exclusions);
/** Each state's result is an event at the master. */
const state_events = v.optional(v.boolean());

/** The environments that states and pillar are from, in place of those of the config. */
const from = { saltenv: v.optional(v.string()), pillarenv: v.optional(v.string()) };

const whole = v.strictObject({ test, pillar, queue, state_events, ...from, concurrent });
const named = v.strictObject({ mods: names, ...whole.entries });

type Named = v.InferOutput<typeof named>;

interface Asked extends Omit<Named, 'mods'> {
  readonly exclude?: v.InferOutput<typeof exclude>;
}

function run(
  { test: wanted, state_events: stateEvents, exclude, pillar, queue, concurrent, saltenv, pillarenv }: Asked,
  what: Pick<StateRequest, 'sls' | 'given' | 'only' | 'top'>,
  context: ExecContext,
) {
  const isTest = wanted ?? context.opts['test'] === true;
  return context.applyStates({
    ...what,
    test: isTest,
    exclude,
    pillar,
    queue,
    concurrent,
    stateEvents,
    saltenv,
    pillarenv,
  });
}

/** States that are given here, and not in a file of the tree; `name` is what errors call them. */
function given(name: string, data: JsonMap): Pick<StateRequest, 'sls' | 'given'> {
  return { sls: [name], given: { text: `#!json\n${JSON.stringify(data)}`, shown: `the arguments of state.${name}` } };
}

/** What a state tree is, or the mistakes in it, in place of a run's return. */
async function shown(
  { mods, pillar: over, saltenv, pillarenv }: Pick<Named, 'mods' | 'pillar' | 'saltenv' | 'pillarenv'>,
  context: ExecContext,
  part: (states: ShownStates) => unknown,
): Promise<unknown> {
  const states = await context.showStates({ sls: list(mods), pillar: over, saltenv, pillarenv });
  if (states.errors.length === 0) return part(states);
  context.failed(1);
  return states.errors;
}

/** `a,b`, `[a, b]`, or several words. */
function list(mods: Named['mods']): string[] {
  return [mods]
    .flat(2)
    .flatMap((word) => word.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

const someNames = v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))]);
const look = v.strictObject({ mods: names, pillar, ...from });
const lookAtSome = v.strictObject({ mods: someNames, pillar, ...from });
const wholeLook = v.strictObject({ pillar, ...from });
const data = v.custom<JsonMap>(isJsonMap, 'a map');

/** State runs, and what would be run. */
export default defineModule({
  apply: defineFunction({
    summary: 'Applies the named state files, or the highstate when none are named.',
    args: v.strictObject({ ...named.entries, exclude }),
    rest: 'mods',
    run: (asked, context) => run(asked, { sls: list(asked.mods) }, context),
  }),
  sls: defineFunction({
    summary: 'Applies the named state files.',
    args: v.strictObject({ ...named.entries, mods: someNames, exclude }),
    rest: 'mods',
    run: (asked, context) => run(asked, { sls: list(asked.mods) }, context),
  }),
  highstate: defineFunction({
    summary: 'Applies the states that the top file means for this minion.',
    args: v.strictObject({ ...whole.entries, exclude }),
    run: (asked, context) => run(asked, { sls: [] }, context),
  }),
  top: defineFunction({
    summary: 'The same, with another top file than that of the config (`state_top`): a path in the state tree.',
    args: v.strictObject({ topfn: v.optional(v.string()), ...whole.entries, exclude }),
    run: ({ topfn, ...asked }, context) => run(asked, { sls: [], top: topfn }, context),
  }),
  test: defineFunction({
    summary: 'Says what the named state files, or the highstate, would change.',
    args: v.strictObject({ ...v.omit(named, ['test']).entries, exclude }),
    rest: 'mods',
    run: (asked, context) => run({ ...asked, test: true }, { sls: list(asked.mods) }, context),
  }),
  sls_id: defineFunction({
    summary: 'Applies the states with this id, of the named state files or the highstate, and what they need.',
    args: v.strictObject({ id: v.string(), ...named.entries }),
    rest: 'mods',
    run: (asked, context) => run(asked, { sls: list(asked.mods), only: asked.id }, context),
  }),
  single: defineFunction({
    summary: 'Applies one state that is given here, such as `file.managed`, with its arguments by name.',
    args: v.strictObject({
      fun: v.string(),
      name: v.string(),
      ...whole.entries,
      arguments: v.record(v.string(), v.any()),
    }),
    keywords: 'arguments',
    // Arguments have come out of YAML or a message.
    run: ({ fun, name, arguments: args, ...asked }, context) =>
      run(asked, given('single', singleState(fun, name, args as JsonMap)), context),
  }),
  low: defineFunction({
    summary:
      "Applies one state that is given here as Salt's low data: a map with `state`, `fun`, `name` and its arguments.",
    args: v.strictObject({ data, ...whole.entries }),
    run: ({ data: { state, fun, name, __id__: id = name ?? '', ...args }, ...asked }, context) => {
      const written = Object.entries({ ...(name === undefined ? {} : { name }), ...args })
        .filter(([key]) => !key.startsWith('__'))
        .map(([key, value]): JsonMap => ({ [key]: value }));
      return run(asked, given('low', { [asText(id)]: { [`${asText(state)}.${asText(fun)}`]: written } }), context);
    },
  }),
  high: defineFunction({
    summary: "Applies states that are given here as a state file has them: Salt's high data.",
    args: v.strictObject({ data, ...whole.entries }),
    run: ({ data: high, ...asked }, context) => run(asked, given('high', high), context),
  }),
  template: defineFunction({
    summary: 'Applies a state file of this machine, by its absolute path.',
    args: v.strictObject({ path: v.string(), ...whole.entries }),
    run: ({ path, ...asked }, context) => {
      const text = context.machine.files.read(path).toString('utf8');
      return run(asked, { sls: ['template'], given: { text, shown: path } }, context);
    },
  }),
  template_str: defineFunction({
    summary: 'Applies states that are given here as the text of a state file.',
    args: v.strictObject({ text: v.string(), ...whole.entries }),
    run: ({ text, ...asked }, context) =>
      run(asked, { sls: ['template_str'], given: { text, shown: 'the arguments of state.template_str' } }, context),
  }),
  show_sls: defineFunction({
    summary: "Shows the named state files as Salt's high data, nothing being run.",
    args: lookAtSome,
    rest: 'mods',
    run: (asked, context) => shown(asked, context, ({ high }) => high),
  }),
  show_low_sls: defineFunction({
    summary: 'Shows the states of the named state files, in the order they run in.',
    args: lookAtSome,
    rest: 'mods',
    run: (asked, context) => shown(asked, context, ({ low }) => low),
  }),
  show_highstate: defineFunction({
    summary: "Shows the highstate as Salt's high data, nothing being run.",
    args: wholeLook,
    run: (asked, context) => shown({ mods: [], ...asked }, context, ({ high }) => high),
  }),
  show_lowstate: defineFunction({
    summary: 'Shows the states of the highstate, in the order they run in.',
    args: wholeLook,
    run: (asked, context) => shown({ mods: [], ...asked }, context, ({ low }) => low),
  }),
  show_top: defineFunction({
    summary: 'Shows the state files that the top files mean for this minion, by environment.',
    args: wholeLook,
    run: (asked, context) => shown({ mods: [], ...asked }, context, ({ top }) => top),
  }),
  show_states: defineFunction({
    summary: 'Shows the state files of the highstate, those that are included among them.',
    args: wholeLook,
    run: (asked, context) => shown({ mods: [], ...asked }, context, ({ files }) => files),
  }),
  sls_exists: defineFunction({
    summary: 'Whether the named state files are there and compile.',
    args: lookAtSome,
    rest: 'mods',
    run: async ({ mods, pillar: over, saltenv, pillarenv }, context) => {
      const { errors } = await context.showStates({ sls: list(mods), pillar: over, saltenv, pillarenv });
      return errors.length === 0;
    },
  }),
  id_exists: defineFunction({
    summary: 'Whether states with these ids are in the named state files, or the highstate.',
    args: v.strictObject({ ids: someNames, ...look.entries }),
    rest: 'mods',
    run: (asked, context) =>
      shown(asked, context, ({ high }) => list(asked.ids).every((id) => Object.hasOwn(high, id))),
  }),
  running: defineFunction({
    summary: 'What runs states on this machine now: a list of sentences, empty when nothing does.',
    args: v.strictObject({}),
    quick: true,
    run: (_, context) => context.runningStates(),
  }),
});
