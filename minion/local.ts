import type { Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import type { RunWatcher } from '../lib/contracts/state.ts';
import { TsaltError } from '../lib/errors/error.ts';
import { jidMaker } from '../lib/ids.ts';
import { isJsonMap, type Json, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Redactor } from '../lib/secrets/redactor.ts';
import { hasCustom } from '../lib/custom/names.ts';
import { version } from '../lib/version.ts';
import type { OpenSealed } from '../pillar/secrets.ts';
import { minionStates } from '../states/registry.ts';
import { pillarSettings, type PillarRequest } from '../lib/pillar-settings.ts';
import { topsOf } from '../lib/tops.ts';
import { environmentsOfRoots } from '../states/engine/environments.ts';
import { executionContext, type ExecutionParts } from './context.ts';
import type { LocalCustom } from './custom/local.ts';
import { bindArguments, findFunction } from '../lib/execution/functions.ts';
import { collectGrains } from './grains/collect.ts';
import { builtinModules } from './modules/registry.ts';
import { inSecrecy } from './secrecy.ts';

export { builtinModules };

export interface LocalCall {
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  readonly config: MinionConfig;
  /** Holds the file of grains. */
  readonly configDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Learns what is marked as secret in the pillar, for whoever shows what comes of the call. */
  readonly secrets: Redactor;
  /** What opens sealed values, where not the keys of this machine do. */
  readonly opener?: () => Promise<OpenSealed>;
  readonly signal: AbortSignal;
  /** Laid over the options that templates see, as a master does for pillar. */
  readonly opts?: JsonMap;
  readonly watcher?: RunWatcher | undefined;
  /** The function gave an answer, and yet failed. */
  onFailed?(retcode: number): void;
}

/** The pillar could not be made: what was to be run did not begin. */
export class PillarFailed extends Error {
  readonly errors: readonly TsaltError[];
  constructor(errors: readonly TsaltError[]) {
    super(errors.map(({ message }) => message).join('\n'));
    this.errors = errors;
  }
}

/**
 * Runs an execution function with no master: states and pillar are the directories of the config's roots. Raises
 * `TS_EXEC_...` before anything was run, `PillarFailed`, and what the function throws; nothing of it shows a secret.
 */
export function callLocally(call: LocalCall): Promise<Json> {
  return inSecrecy(call, call.secrets, run);
}

async function run(call: LocalCall): Promise<Json> {
  const { fun, args, kwargs } = call;
  const custom = await customOf(call);
  const found = await findFunction(fun, custom?.modules ?? builtinModules);
  const bound = bindArguments(fun, found, args, kwargs);
  // What is quick asks for no pillar: one that can't be made must not take the machine from whoever looks after it.
  const parts = found.quick === true ? partsWithoutPillar(call, custom) : await withPillar(call, custom);
  const context = executionContext(parts);
  return toJson(await found.run(bound as never, context));
}

type LocalParts = Pick<
  LocalCall,
  'fun' | 'config' | 'configDir' | 'clock' | 'log' | 'secrets' | 'opener' | 'signal' | 'opts' | 'watcher' | 'onFailed'
>;

/** What functions run with on this machine, with no master. Raises `PillarFailed`. */
export async function partsOfThisMachine(call: LocalParts): Promise<ExecutionParts & { readonly own?: LocalCustom }> {
  const custom = await customOf(call);
  const parts = await withPillar(call, custom);
  return custom ? Object.assign(parts, { own: custom }) : parts;
}

/** The operator's own code in the state trees; undefined, quickly, where there is none. */
async function customOf({ config, configDir, log }: LocalParts): Promise<LocalCustom | undefined> {
  if (!hasCustom(config.file_roots, config.saltenv)) return undefined;
  const { customOfThisMachine } = await import('./custom/local.ts');
  return customOfThisMachine(config, optionsOf(config, configDir), log);
}

async function withPillar(call: LocalParts, custom: LocalCustom | undefined): Promise<ExecutionParts> {
  const parts = partsWithoutPillar(call, custom);
  // Copied, the grains would be collected for whoever does not ask for them.
  return Object.create(parts, { pillar: { value: await parts.pillarWith({}) } }) as ExecutionParts;
}

/** The same with an empty pillar, for what asks for none. */
function partsWithoutPillar(call: LocalParts, custom: LocalCustom | undefined): ExecutionParts {
  const { config, configDir, clock, log, signal, opener = () => openerOnThisMachine(config, configDir) } = call;
  const { id, saltenv } = config;
  const opts = { ...optionsOf(config, configDir), ...call.opts };
  let grains: JsonMap | undefined;
  const gather = custom?.gather;
  const grainsOf = () => (grains ??= collectGrains({ config, configDir, version, gather }));

  async function pillarWith(request: PillarRequest): Promise<JsonMap> {
    const [{ compilePillar }, { outsideWorld }] = await Promise.all([
      import('../pillar/compile.ts'),
      import('../pillar/outside.ts'),
    ]);
    const context = { id, grains: grainsOf(), opts };
    const asked = { saltenv, ...request };
    const { pillar, errors, secrets } = await compilePillar(
      config.pillar_roots,
      context,
      pillarSettings(config),
      { ...outsideWorld(), opener },
      asked,
    );
    call.secrets.learn(secrets);
    if (errors.length > 0) throw new PillarFailed(errors);
    return pillar;
  }

  return {
    id,
    jid: jidMaker(() => clock.now())(),
    fun: call.fun,
    cachedir: config.cachedir,
    get grains() {
      return grainsOf();
    },
    freshGrains: () => collectGrains({ config, configDir, version, gather }),
    pillar: {},
    pillarWith,
    opts,
    ...partsOfConfig(config),
    ...(custom && { states: custom.statesOver(minionStates), modules: custom.modules }),
    customBeacons: custom?.customBeacons ?? noBeacons,
    custom: custom ?? noCustom,
    environments: environmentsOfRoots(config.file_roots),
    tops: topsOf(config),
    clock,
    log,
    signal,
    sendEvent: () => Promise.resolve(false),
    watcher: call.watcher,
    onFailed: (retcode) => call.onFailed?.(retcode),
  };
}

/** Opens with the minion's own keys, or those of the master whose config is beside. */
async function openerOnThisMachine({ pki_dir: own }: MinionConfig, configDir: string): Promise<OpenSealed> {
  const [{ openerOf }, { keyFolder }] = await Promise.all([
    import('../wire/sealed/keys.ts'),
    import('../lib/config/load.ts'),
  ]);
  return openerOf([own, keyFolder('master', { configDir, env: process.env })]);
}

/** Where there is none. */
const noCustom: ExecutionParts['custom'] = {
  autoload: false,
  sync: async (kinds) => {
    const none = Object.fromEntries(kinds.map((kind) => [kind, []]));
    return { changed: none, problems: none, renewed: [] };
  },
};

const noBeacons: ExecutionParts['customBeacons'] = {
  names: [],
  load: (name) => Promise.reject(new RangeError(`no beacon ${name} of the state tree`)),
};

/** What the config alone says of an execution, wherever its states come from. */
export function partsOfConfig(config: MinionConfig) {
  return {
    root: config.root,
    commandsOutsideRoot: config.allow_commands_outside_root,
    states: minionStates,
    modules: builtinModules,
    failhard: config.failhard,
    aggregate: config.state_aggregate,
    saltenv: config.saltenv,
    isLocked: config.lock_saltenv,
  };
}

/** The config as templates and functions see it, without what is secret; `config_dir` is where it was read from. */
export function optionsOf(config: MinionConfig, configDir: string): JsonMap {
  const { enrolment_token: _, ...open } = config;
  return { ...(toJson(open) as JsonMap), config_dir: configDir };
}

/** As it would come out of JSON: what is undefined is left out. */
export function toJson(value: unknown): Json {
  if (value === undefined) return null;
  return isJsonMap(value) ? value : (JSON.parse(JSON.stringify(value)) as Json);
}
