import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type MinionJob } from '../../lib/contracts/execution.ts';
import { minionKindNames, type MinionKind } from '../../lib/custom/names.ts';
import { fnmatch } from '../../lib/fnmatch.ts';

const jid = v.string();
const none = v.strictObject({});

/** The jobs of this minion, without the one that asks. */
async function others({ jobs, jid: own }: ExecContext): Promise<MinionJob[]> {
  return (await jobs.list()).filter((job) => job.jid !== own);
}

const numbers = { TERM: 15, KILL: 9 } as const;
type Signal = keyof typeof numbers;

/** Ends one job, in Salt's words; empty when it does not run here. */
async function end({ jobs }: ExecContext, job: string, signal: Signal, by: string): Promise<string> {
  const ended = await jobs.end(job, signal, `${by} (SIG${signal})`);
  if (!ended) return '';
  const where = ended.pid === undefined ? ', which had not begun' : ` at pid ${ended.pid}`;
  return `Signal ${numbers[signal]} sent to job ${job}${where}`;
}

async function endAll(context: ExecContext, signal: Signal, by: string): Promise<string[]> {
  const told: string[] = [];
  for (const job of await others(context)) told.push(await end(context, job.jid, signal, by));
  return told;
}

const signals = new Map<string, Signal>(
  (['TERM', 'KILL'] as const).flatMap((name) => [name, `SIG${name}`, `${numbers[name]}`].map((word) => [word, name])),
);

/** What else Salt copies from a state tree: tsalt has none of it. */
const otherKinds = [
  'clouds',
  'sdb',
  'renderers',
  'returners',
  'output',
  'log_handlers',
  'executors',
  'proxymodules',
  'engines',
  'thorium',
  'serializers',
  'matchers',
];

const anything = v.optional(v.unknown());
const syncing = v.strictObject({
  saltenv: v.optional(v.string('the name of an environment')),
  refresh: v.optional(v.boolean('true or false'), true),
});

interface Syncing {
  readonly saltenv?: string | undefined;
  readonly refresh: boolean;
}

/** Fetches code of these kinds; what is wrong with it is told after the names of what is new, and the function failed. */
async function syncKinds(
  kinds: readonly MinionKind[],
  { saltenv, refresh }: Syncing,
  context: ExecContext,
): Promise<Record<string, string[]>> {
  const { changed, problems } = await context.syncCustom(kinds, saltenv);
  if (Object.values(problems).flat().length > 0) context.failed(1);
  if (refresh && kinds.includes('grains')) await context.tellGrains();
  return Object.fromEntries(kinds.map((kind) => [kind, [...(changed[kind] ?? []), ...(problems[kind] ?? [])]]));
}

const sync = Object.fromEntries(
  minionKindNames.map((kind) => [
    `sync_${kind}`,
    defineFunction({
      summary: `Fetches the files of \`_${kind}\` from the state trees (those that the top files name for this minion, or \`saltenv\`): a list of what is new or was changed, and of what is wrong with it.${kind === 'grains' ? ' Then all grains are collected anew.' : ''}`,
      args: syncing,
      run: async (given, context) => (await syncKinds([kind], given, context))[kind],
    }),
  ]),
);

const syncNothing = Object.fromEntries(
  otherKinds.map((kind) => [
    `sync_${kind}`,
    defineFunction({
      summary: `An empty list: tsalt takes no ${kind.replace('_', ' ')} from the state tree.`,
      args: syncing,
      quick: true,
      run: () => [],
    }),
  ]),
);

/** The minion's own jobs, and what it knows of itself. */
export default defineModule({
  running: defineFunction({
    summary: 'The jobs that this minion runs, or that wait for their turn (without a pid); not those of its schedule.',
    args: none,
    quick: true,
    run: (_, context) => others(context),
  }),
  find_job: defineFunction({
    summary: 'One of the jobs that run; an empty map when it does not.',
    args: v.strictObject({ jid }),
    quick: true,
    run: async (given, context) => (await others(context)).find((job) => job.jid === given.jid) ?? {},
  }),
  is_running: defineFunction({
    summary: 'The jobs that run a function; the name may be a glob.',
    args: v.strictObject({ fun: v.string() }),
    quick: true,
    async run({ fun }, context) {
      const fits = fnmatch(fun);
      return (await others(context)).filter((job) => fits(job.fun));
    },
  }),
  term_job: defineFunction({
    summary:
      'Ends a job and what it has started (SIGTERM); what is left after 5 seconds is killed. It returns as failed and says why. Empty text when it does not run.',
    args: v.strictObject({ jid }),
    quick: true,
    run: (given, context) => end(context, given.jid, 'TERM', 'saltutil.term_job'),
  }),
  kill_job: defineFunction({
    summary: 'Kills a job and what it has started (SIGKILL). It returns as failed and says why.',
    args: v.strictObject({ jid }),
    quick: true,
    run: (given, context) => end(context, given.jid, 'KILL', 'saltutil.kill_job'),
  }),
  signal_job: defineFunction({
    summary: 'As term_job (15, TERM) or kill_job (9, KILL); there are no other signals.',
    args: v.strictObject({
      jid,
      sig: v.pipe(
        v.union([v.string(), v.number()]),
        v.check((sig) => signals.has(`${sig}`.toUpperCase()), 'SIGTERM (15) or SIGKILL (9)'),
        v.transform((sig) => signals.get(`${sig}`.toUpperCase()) ?? 'TERM'),
      ),
    }),
    quick: true,
    run: (given, context) => end(context, given.jid, given.sig, 'saltutil.signal_job'),
  }),
  term_all_jobs: defineFunction({
    summary: 'Ends all jobs but this one, as term_job does.',
    args: none,
    quick: true,
    run: (_, context) => endAll(context, 'TERM', 'saltutil.term_all_jobs'),
  }),
  kill_all_jobs: defineFunction({
    summary: 'Kills all jobs but this one, as kill_job does.',
    args: none,
    quick: true,
    run: (_, context) => endAll(context, 'KILL', 'saltutil.kill_all_jobs'),
  }),
  update: defineFunction({
    summary:
      'Makes another version of tsalt of this minion: the one whose bundle the master has, or, given a version or a SHA-256, that one. It is put beside the one that runs, tried, and switched to; unless the master accepts it in time, the old one comes back. The return is how that ended.',
    args: v.strictObject({
      version: v.optional(v.string()),
      confirm_seconds: v.optional(v.pipe(v.number(), v.minValue(5), v.maxValue(3600)), 120),
      wait_seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)), 600),
      // By architecture; the master lays it in when the job is made, so that it is in what it signs.
      bundles: v.optional(v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 as hex'))), {}),
    }),
    run: ({ confirm_seconds, wait_seconds, bundles }, context) =>
      context.upgrade({ bundles, confirmSeconds: confirm_seconds, waitSeconds: wait_seconds }),
  }),
  refresh_pillar: defineFunction({
    summary:
      'Has the pillar made anew; its schedule and beacons count from then on, and the master targets by it. It always waits. Fails on a pillar with mistakes.',
    args: v.strictObject({ wait: v.optional(v.boolean()), clean_cache: v.optional(v.boolean()) }),
    run(_, context) {
      // It was made before this began; what is wrong with it is raised when it is used.
      return typeof context.pillar === 'object';
    },
  }),
  refresh_grains: defineFunction({
    summary: 'Collects the grains anew and tells the master, which targets by them; and has the pillar made anew.',
    args: v.strictObject({ refresh_pillar: v.optional(v.boolean()), clean_pillar_cache: v.optional(v.boolean()) }),
    async run(_, context) {
      await context.tellGrains();
      return true;
    },
  }),
  refresh_modules: defineFunction({
    summary: 'True: a call has what was synced by then.',
    args: v.strictObject({ async: v.optional(v.boolean()) }),
    quick: true,
    run: () => true,
  }),
  refresh_beacons: defineFunction({
    summary: 'True: beacons of the config count within seconds, those of the pillar as soon as it is made anew.',
    args: none,
    quick: true,
    run: () => true,
  }),
  clear_cache: defineFunction({
    summary:
      'Removes what was fetched of state trees and sources from the cache; what is wanted again is fetched again. What is on its way to the master stays.',
    args: none,
    async run(_, context) {
      await context.clearCache();
      return true;
    },
  }),
  sync_all: defineFunction({
    summary: 'As all of the sync functions, by kind; and has the grains and the pillar made anew.',
    args: v.strictObject({ ...syncing.entries, clean_pillar_cache: anything }),
    async run(given, context) {
      const none = Object.fromEntries(otherKinds.map((kind) => [kind, []]));
      return { ...none, ...(await syncKinds(minionKindNames, given, context)) };
    },
  }),
  ...syncNothing,
  ...sync,
});
