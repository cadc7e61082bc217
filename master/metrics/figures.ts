import type { JobStates } from '../jobs/ledger.ts';
import type { ReactorListing } from '../reactor/engine.ts';
import type { ReturnerStanding } from '../returner/consumer.ts';
import type { Metric, Sample } from './exposition.ts';

type Counters = Readonly<Record<string, number>>;

/** What a master knows of itself: the counters of its parts, as `master.stats` shows them. */
export interface Figures {
  readonly store: Counters;
  readonly bus: Counters;
  readonly wire: Counters;
  readonly keys: Counters;
  readonly jobs: Counters;
  readonly intake: Counters;
  readonly mine: Counters;
  readonly pool: Counters;
  /** Empty without `pillar_cache`. */
  readonly pillars: Counters;
  readonly reactors: Counters;
  readonly orchestrations: Counters;
  readonly schedule: Counters;
  /** Updates of git remotes by outcome, and how many remotes fail. */
  readonly git: Counters;
  readonly sessions: number;
  /** What is not over, by state. */
  readonly open: JobStates;
  readonly reactorList: readonly Pick<ReactorListing, 'name' | 'counters'>[];
  readonly returners: readonly ReturnerStanding[];
  /** Of the master's process: bytes, and seconds of CPU. */
  readonly process: { readonly memory: number; readonly cpu: number; readonly startedAt: number };
}

/** The figures of a master, each with what it means. */
export function metricsOf(of: Figures): Metric[] {
  const { store, bus, wire, keys, jobs, intake, mine, pool, reactors, orchestrations, schedule, git } = of;
  const refused = Object.entries(wire).filter(([name]) => name.startsWith('refused.'));
  return [
    gauge('sessions', 'Minions that are connected.', of.sessions),
    by('minion_keys', 'gauge', 'Keys of minions, by state.', 'state', pick(keys, 'accepted', 'pending', 'rejected')),
    by(
      'pillar_cache_total',
      'counter',
      'Pillars asked for, by whether one was kept.',
      'outcome',
      pick(of.pillars, 'hits', 'misses'),
    ),
    by('jobs_open', 'gauge', 'Jobs of minions that are not over, by state.', 'state', { ...of.open }),
    by('jobs_total', 'counter', 'What became of jobs of minions.', 'outcome', jobs),
    counter('events_total', 'Events that were fired.', bus['fired']),
    gauge('event_listeners', 'Who listens to events now.', bus['listeners']),
    by('intake_total', 'counter', 'What minions sent, and what of it was refused.', 'kind', intake),
    by(
      'mine_total',
      'counter',
      'What minions did with the mine, and what of it was refused.',
      'kind',
      pick(mine, 'told', 'forgotten', 'asked', 'refused'),
    ),
    gauge('mine_waiting', 'Questions about the mine that wait for their turn.', mine['waiting']),
    by('wire_refused_total', 'counter', 'Messages that were refused, by reason.', 'reason', withoutPrefix(refused)),
    counter('wire_frames_total', 'Messages that arrived.', wire['frames']),
    gauge('wire_waiting', 'Applicants that wait for their keys to be accepted.', wire['waiting']),
    gauge('wire_full_sessions', 'Minions that are sent no more jobs until they confirm some.', wire['fullSessions']),
    gauge('store_bytes', 'Bytes of the log on disk.', store['bytes']),
    gauge('store_segments', 'Files of the log.', store['segments']),
    gauge('store_queue_bytes', 'Bytes that wait for the disk.', store['queuedBytes']),
    counter('store_commits_total', 'Commits to disk.', store['commits']),
    counter('store_commit_seconds_total', 'Seconds that commits took, with their fsync.', seconds(store['commitMs'])),
    gauge('store_commit_slowest_seconds', 'The slowest commit so far.', seconds(store['slowestCommitMs'])),
    counter('store_refused_total', 'What was refused because too much waited for the disk.', store['refused']),
    counter('store_failures_total', 'Commits that failed.', store['failures']),
    each('reactor_lag_events', 'gauge', 'Events that a reactor has not looked at yet.', of.reactorList, 'lag'),
    each('reactor_open', 'gauge', 'Deliveries to a reactor that are not over.', of.reactorList, 'open'),
    each('reactor_lagged_total', 'counter', 'How often a reactor fell behind its queue.', of.reactorList, 'lagged'),
    gauge('reactor_dead_letters', 'Deliveries that were given up.', reactors['dead']),
    ...returnerMetrics(of.returners),
    gauge('orchestrations_running', 'Orchestrations that are not over.', orchestrations['running']),
    gauge('orchestrations_waiting', 'Those of them that wait for others to end.', orchestrations['waiting']),
    counter(
      'orchestrations_total',
      'Orchestrations that have ended since the master was started.',
      orchestrations['ended'],
    ),
    gauge('schedule_running', 'Runs of scheduled jobs that are not over.', schedule['running']),
    by(
      'schedule_total',
      'counter',
      "What became of the times of the master's scheduled jobs; runs that failed are among the runs.",
      'outcome',
      pick(schedule, 'runs', 'failed', 'skipped', 'missed'),
    ),
    by(
      'git_updates_total',
      'counter',
      'Looks at git remotes, by outcome.',
      'outcome',
      pick(git, 'changed', 'same', 'failed'),
    ),
    gauge('git_failing', 'Git remotes that could not be taken the last time.', git['failing']),
    gauge('render_waiting', 'Renderings that wait for a process.', pool['waiting']),
    counter('render_processes_total', 'Rendering processes that were started.', pool['started']),
    counter('render_killed_total', 'Rendering processes that were killed: too slow, or too large.', pool['killed']),
    gauge('process_resident_memory_bytes', "Memory of the master's main process.", of.process.memory),
    counter('process_cpu_seconds_total', "CPU time of the master's main process.", of.process.cpu),
    gauge('process_start_time_seconds', 'When it started, in seconds since 1970.', of.process.startedAt),
  ];
}

function returnerMetrics(returners: Figures['returners']): Metric[] {
  const metric = (
    name: string,
    type: Metric['type'],
    help: string,
    value: (of: ReturnerStanding) => number,
  ): Metric => ({
    name: `returner_${name}`,
    type,
    help,
    samples: returners.map((one) => ({ labels: { returner: one.name }, value: value(one) })),
  });
  return [
    metric('sent_total', 'counter', 'Events that a returner has sent.', ({ sent }) => sent),
    metric('failed_total', 'counter', 'Tries of a returner that failed.', ({ failed }) => failed),
    metric('refused_total', 'counter', 'Events that the far side will never take: dead letters.', (one) => one.refused),
    metric(
      'lost_total',
      'counter',
      'Numbers of the log that were forgotten before it came to them.',
      ({ lost }) => lost,
    ),
    metric('behind_events', 'gauge', 'Numbers of the log from its place to the newest event.', ({ behind }) => behind),
    metric('behind_seconds', 'gauge', 'Age of the oldest event that it has to send.', (one) => one.behindSeconds),
  ];
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  return { name, help, type: 'gauge', samples: value === undefined ? [] : [{ value }] };
}

function counter(name: string, help: string, value: number | undefined): Metric {
  return { ...gauge(name, help, value), type: 'counter' };
}

function by(name: string, type: Metric['type'], help: string, label: string, values: Counters): Metric {
  return {
    name,
    type,
    help,
    samples: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })),
  };
}

function each(name: string, type: Metric['type'], help: string, reactors: Figures['reactorList'], key: string): Metric {
  const samples = reactors.flatMap(({ name: reactor, counters }): Sample[] => {
    const value = counters[key];
    return value === undefined ? [] : [{ labels: { reactor }, value }];
  });
  return { name, type, help, samples };
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);

const pick = (of: Counters, ...names: readonly string[]): Counters =>
  Object.fromEntries(names.map((name) => [name, of[name] ?? 0]));

const withoutPrefix = (entries: readonly (readonly [string, number])[]): Counters =>
  Object.fromEntries(entries.map(([name, value]) => [name.replace('refused.', ''), value]));
