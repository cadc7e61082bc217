import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import type {
  DownloadView,
  Machine,
  Reading,
  Required as RequiredState,
  ServiceFacts,
  ServiceStep,
  ServiceView,
  SourceView,
  StepResult,
} from '../../lib/contracts/machine.ts';
import type { AnyStateFunction, Changes, Plan, StateFunction, StateSchema } from '../../lib/contracts/state.ts';
import { catalogue } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { createMachine, localParts, type Functions, type Performing } from '../../minion/machine/machine.ts';
import { masterParts, type FakeMaster } from './master.ts';
import { createProcesses, type RunningProcesses } from '../../lib/system/processes.ts';
import { builtinStates } from '../../states/registry.ts';

/* A machine in a directory of its own, and a run of one state on it, for tests of state functions. */

/** A file's text, or more about it: `{dir}`, `{link}`, `{content, mode}`, `{base64}`; `mtime` in seconds. */
export type Thing =
  | string
  | { dir?: boolean; link?: string; content?: string; base64?: string; mode?: string; mtime?: number };
export type Tree = Record<string, Thing>;

export interface World {
  readonly before?: Tree;
  readonly sources?: Record<string, string>;
  readonly pillar?: JsonMap;
  readonly grains?: JsonMap;
  readonly opts?: JsonMap;
  /** Commands run, on the machine of the test itself. */
  readonly commands?: boolean;
  /** The environment of the run; an empty one where it is not given. */
  readonly environment?: Record<string, string>;
  readonly required?: (Pick<RequiredState, 'fun' | 'name'> & Partial<RequiredState>)[];
  readonly requiredBy?: { fun: string; name: string }[];
  /** What web servers answer, by address: a text, or more about it; any other address is unknown to them. */
  readonly web?: Readonly<Record<string, string | { status?: number; text?: string; base64?: string; etag?: string }>>;
  /** The present, in seconds since 1970. */
  readonly now?: number;
  /**
   * Commands that are answered here and not run, by their words with blanks between: the output, or more about it. Any other
   * command is one too many. `words < input` is one with this input, where `*` stands for any, a part of which is told.
   */
  readonly answers?: Answers;
  /** What runs commands, in place of all that. */
  readonly processes?: RunningProcesses;
  /** systemd runs here, and these are its units. */
  readonly services?: Record<string, Partial<ServiceFacts>>;
  /** Execution functions, by name: what they give, or `{fails: code, answer}`. Others are not there. */
  readonly calls?: Record<string, Json | { fails: number; answer: Json }>;
  /** It is an orchestration's. */
  readonly master?: FakeMaster;
}

export type Answers = Record<string, string | { code?: number; stdout?: string; stderr?: string }>;

export interface Sandbox {
  readonly root: string;
  readonly machine: Machine;
  /** The commands that were answered so far, in place of being run. */
  readonly asked: string[];
  /** From here on these are the answers. */
  answer(answers: Answers): void;
  remove(): void;
}

const { noSource, notServed } = catalogue('TS_STATE', {
  noSource: ({ url }: { url: string }) => `${url} is not there`,
  notServed: ({ url }: { url: string }) => `${url} could not be downloaded: it answered 404 Not Found`,
});

const realProcesses = createProcesses({ root: '/', user: () => undefined });

export function sandbox(world: World): Sandbox {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tsalt-state-')));
  grow(root, world.before ?? {});
  const asked: string[] = [];
  let { answers } = world;
  const answering: RunningProcesses = {
    async run({ argv, stdin }) {
      const words = argv.join(' ');
      const [asIs, given, any] = [words, `${words} < ${told(stdin)}`, `${words} < *`];
      const question = [asIs, given, any].find((one) => answers?.[one] !== undefined);
      const answer = question === undefined ? undefined : answers?.[question];
      if (answer === undefined) throw new Error(`nobody answers ${JSON.stringify(given)}`);
      asked.push(question === asIs ? words : given);
      const { code = 0, stdout = '', stderr = '' } = typeof answer === 'string' ? { stdout: answer } : answer;
      return { pid: 1, code, stdout, stderr, timedOut: false, truncated: false };
    },
    killAll() {},
  };
  const machine = createMachine({
    id: 'sandbox',
    grains: world.grains ?? {},
    pillar: world.pillar ?? {},
    opts: world.opts ?? {},
    environment: { ...world.environment },
    ...localParts(root),
    ...(world.commands ? { processes: realProcesses } : answers ? { processes: answering } : {}),
    ...(world.processes ? { processes: world.processes } : {}),
    ...(world.services ? { services: running(world.services, asked) } : {}),
    ...(world.calls ? { functions: callable(world.calls, asked) } : {}),
    queries: {
      async perform({ url }) {
        const answer = world.web?.[url];
        if (answer === undefined) return { did: 'query', status: undefined, text: '', error: 'nobody is there' };
        const { status = 200, text = '' } = typeof answer === 'string' ? { text: answer } : answer;
        return { did: 'query', status, text };
      },
    },
    saltenv: 'base',
    sources: sourcesOf(world.sources ?? {}),
    inEnvironment: (saltenv) => {
      throw new Error(`there is no environment ${saltenv} here`);
    },
    downloads: downloadsOf(world.web ?? {}),
    ...(world.now === undefined ? {} : { now: () => (world.now ?? 0) * 1000 }),
    render: (text, _name, context) =>
      text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => JSON.stringify(context[name]).replaceAll('"', '')),
  });
  return {
    root,
    asked,
    answer: (others) => void (answers = others),
    machine: {
      ...machine,
      ...(world.master && masterParts(world.master, asked)),
      required: (world.required ?? []).map((one) => ({ args: {}, ran: true, ...one })),
      requiredBy: world.requiredBy ?? [],
    },
    remove: () => fs.rmSync(root, { recursive: true, force: true }),
  };
}

/** What is done to units is told among the commands. */
function running(units: Required<World>['services'], asked: string[]): Performing<ServiceView, ServiceStep> {
  const known = new Map<string, Partial<ServiceFacts>>(Object.entries(units));
  const nothing = { exists: false, running: false, enabled: false, masked: false, static: false };
  const effects = {
    start: { exists: true, running: true },
    restart: { running: true },
    reload: {},
    stop: { running: false },
    enable: { exists: true, enabled: true },
    disable: { enabled: false },
    mask: { masked: true },
    unmask: { masked: false },
  };
  return {
    unavailable: undefined,
    notRunning: undefined,
    look: async (unit) => ({ ...nothing, ...known.get(unit) }),
    names: async () => [...known.keys()],
    perform({ unit, action }) {
      asked.push(`systemctl ${action} ${unit}`);
      known.set(unit, { ...known.get(unit), ...effects[action] });
      return { did: 'service' };
    },
    forget() {},
  };
}

/** What was called is told among the commands. */
function callable(calls: Required<World>['calls'], asked: string[]): Functions {
  return {
    whyNot: async (fun) => (Object.hasOwn(calls, fun) ? undefined : `there is no function ${fun}`),
    async call({ fun, args, kwargs }) {
      asked.push([fun, ...args.map((arg) => JSON.stringify(arg)), JSON.stringify(kwargs)].join(' '));
      const given = calls[fun] ?? null;
      const [answer, retcode] = isMap(given) && 'fails' in given ? [given.answer, given.fails] : [given, 0];
      return { did: 'call', fun, answer: answer as Json, retcode: Number(retcode) };
    },
  };
}

/** Input as fixtures show it: what is another each time stands as dots. */
function told(stdin: string | Buffer = ''): string {
  return stdin
    .toString()
    .trim()
    .replace(/SCRAM-SHA-256\$[^']+/g, 'SCRAM-SHA-256...');
}

function sourcesOf(files: Record<string, string>): SourceView {
  return {
    read(url) {
      const content = files[url];
      if (content === undefined) throw noSource({ url });
      return Buffer.from(content);
    },
    list: (url) =>
      Object.keys(files)
        .filter((name) => name.startsWith(`${url}/`))
        .map((name) => name.slice(url.length + 1))
        .sort(),
    mode: () => 0o750,
  };
}

function downloadsOf(web: NonNullable<World['web']>): DownloadView {
  return {
    async get(url, { etag: known } = {}) {
      const found = web[url];
      if (found === undefined) throw notServed({ url });
      const { text = '', base64, etag } = typeof found === 'string' ? { text: found } : found;
      return known !== undefined && known === etag
        ? 'unchanged'
        : { content: base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64'), etag };
    },
  };
}

function grow(root: string, tree: Tree): void {
  for (const [name, thing] of Object.entries(tree)) {
    const place = path.join(root, name);
    fs.mkdirSync(path.dirname(place), { recursive: true });
    const { dir, link, content, base64, mode } =
      typeof thing === 'string' ? { content: thing } : (thing as Exclude<Thing, string>);
    if (dir) fs.mkdirSync(place, { recursive: true });
    else if (link !== undefined) fs.symlinkSync(link, place);
    else fs.writeFileSync(place, base64 === undefined ? (content ?? '') : Buffer.from(base64, 'base64'));
    if (typeof thing !== 'string' && thing.mtime !== undefined) fs.utimesSync(place, thing.mtime, thing.mtime);
    if (mode !== undefined) fs.chmodSync(place, Number.parseInt(mode, 8));
    else if (link === undefined) fs.chmodSync(place, dir ? 0o755 : 0o644);
  }
}

/** What is under the root, as a tree of the same kind: modes only where they are not the usual ones. */
export function harvest(root: string, below = '/'): Tree {
  const tree: Tree = {};
  for (const name of fs.readdirSync(path.join(root, below)).sort()) {
    const where = path.posix.join(below, name);
    const place = path.join(root, where);
    const stats = fs.lstatSync(place);
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    if (stats.isSymbolicLink()) tree[where] = { link: fs.readlinkSync(place) };
    else if (stats.isDirectory()) {
      const inside = harvest(root, where);
      if (Object.keys(inside).length === 0 || mode !== '0755') {
        tree[where] = { dir: true, ...(mode === '0755' ? {} : { mode }) };
      }
      Object.assign(tree, inside);
    } else {
      const bytes = fs.readFileSync(place);
      const text = bytes.toString('utf8');
      const content = Buffer.from(text).equals(bytes) ? { content: text } : { base64: bytes.toString('base64') };
      tree[where] =
        mode === '0644' && 'content' in content ? text : { ...content, ...(mode === '0644' ? {} : { mode }) };
    }
  }
  return tree;
}

export interface Run {
  readonly result: boolean | null;
  readonly changes: Changes;
  readonly comment: string;
  readonly planned: Plan;
  readonly warnings: readonly string[];
}

/** Loads, checks, reads, plans and performs one state, as an engine does. */
export async function runState(fun: string, args: JsonMap, machine: Machine): Promise<Run> {
  const { state, parsed } = await prepare(fun, args);
  const planned = state.plan(parsed, await state.read(parsed, machine));
  const warnings = planned.warnings ?? [];
  if (planned.impossible) {
    return { result: false, changes: planned.changes, comment: planned.comment, planned, warnings };
  }
  const results: StepResult[] = [];
  for (const step of planned.steps) results.push(await machine.perform(step));
  const changed = planned.steps.length > 0 || Object.keys(planned.changes).length > 0;
  const plain = {
    result: true,
    changes: planned.changes,
    comment: (changed ? planned.done : undefined) ?? planned.comment,
  };
  const outcome = changed ? (state.report?.(planned, results, parsed) ?? plain) : plain;
  return { ...outcome, planned, warnings };
}

/** Plans a state on what is foreseen, and lays the plan over it. */
export async function foreseeState(fun: string, args: JsonMap, reading: Reading): Promise<Plan> {
  const foreseen = 'lay' in reading ? (reading as ReturnType<typeof foresee>) : foresee(reading);
  const { state, parsed } = await prepare(fun, args);
  const plan = state.plan(parsed, await state.read(parsed, foreseen));
  if (!plan.impossible) for (const step of plan.steps) foreseen.lay(step);
  return plan;
}

export async function prepare(
  fun: string,
  args: JsonMap,
): Promise<{ state: StateFunction<StateSchema, unknown>; parsed: v.InferOutput<StateSchema> }> {
  const loaded: AnyStateFunction = await builtinStates.load(fun);
  const state = loaded as StateFunction<StateSchema, unknown>;
  const parsed = v.parse(state.args, args);
  const complaint = state.check?.(parsed);
  if (complaint !== undefined) throw new RangeError(complaint);
  return { state, parsed };
}
