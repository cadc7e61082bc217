import { backoff } from '../lib/backoff.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import { jobErrors } from '../lib/errors/jobs.ts';
import { messageOf } from '../lib/errors/error.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { StatePlace, StateResult } from '../lib/contracts/state.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { ScheduledJob } from '../lib/schedule/job.ts';
import type { JobArguments, JobManifest, MinionHandlers, MinionLink, MinionLinkState } from '../wire/types.ts';
import type { MinionJob } from '../lib/contracts/execution.ts';
import { failedReturn, type JobControl } from './jobs/in-process.ts';
import type { JobOrder, JobReturn } from './jobs/messages.ts';
import { isStateRun } from '../lib/state-runs.ts';
import type { JobQueue } from './jobs/queue.ts';
import type { Outbox } from './outbox.ts';

/** How a job is run: quick functions inside, everything else in a process of its own. */
export interface JobRunner {
  /** It blocks on nothing and may be run again: no process, and no note before it starts. */
  isQuick(fun: string): Promise<boolean>;
  run(order: JobOrder, control: JobControl): Promise<JobReturn>;
}

export interface AgentParts {
  readonly outbox: Outbox;
  readonly runner: JobRunner;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly connect: (handlers: MinionHandlers) => MinionLink;
  /** A session stands: what the master has to know of this minion. */
  readonly greeting: () => JsonMap;
  /** How a job ends that an earlier process has begun and handed over; undefined for one that was only interrupted. */
  readonly handedOver?: (jid: string) => Promise<JobReturn> | undefined;
}

export interface Agent {
  readonly link: MinionLink;
  /** Puts an event (of that job) into the outbox; resolves when it is written there. */
  sendEvent(tag: string, data: JsonMap, jid?: string): Promise<boolean>;
  /** Puts the return of a run by the minion's own schedule into the outbox. */
  sendScheduled(job: ScheduledJob, outcome: JobReturn): Promise<void>;
  /** Tells the master where the state run of a job is, when it can be told at once. */
  progress(jid: string, place: StatePlace): void;
  /** Puts a state's result into the outbox, for an event of the master's. */
  sendResult(jid: string, result: StateResult, total: number): Promise<void>;
  /** Jobs that run or wait now. */
  jobs(): readonly MinionJob[];
  /**
   * Ends a job, gently or at once, with all it has started; it returns as failed, and says by whom it was ended. Gives the
   * job; undefined when there is none of that number that can be ended.
   */
  endJob(jid: string, signal: 'TERM' | 'KILL', by: string): MinionJob | undefined;
  /** Begins no job that is not quick until the answer is called: they wait. */
  hold(): () => void;
  /** A job is over when `outcome` is, which may be in another process than this; what its own process returns is nothing. */
  handOver(jid: string, outcome: Promise<JobReturn>): void;
  stop(): Promise<void>;
}

/** Jobs that may wait while none begins. */
const MOST_HELD = 1000;
/** With more than this on its way, where a job is is not told. */
const MOST_BEFORE_PROGRESS = 100;

/** Takes jobs from the link, runs each once, and keeps what comes of them in the outbox until the master has it. */
export function startAgent({ outbox, runner, queue, clock, log, connect, greeting, handedOver }: AgentParts): Agent {
  const running = new Map<string, Underway>();
  let sentUpTo = 0;
  let stopped = false;
  /** Of this session. */
  let greeted = false;
  let renewing = false;

  /** Waits for its end while no job may begin. */
  let holding: { readonly over: Promise<void>; waiting: number } | undefined;

  for (const { jid, fun } of outbox.unfinished()) {
    const outcome = handedOver?.(jid);
    if (outcome) {
      void settled(outcome).then((ending) => keepReturn(jid, fun, ending));
      continue;
    }
    log('warning', 'a job was interrupted when the minion stopped', { jid, fun });
    void keepReturn(jid, fun, failedReturn(jobErrors.interrupted({ fun }).message));
  }

  const link = connect({
    changed,
    job: (manifest, args) => void take(manifest, args),
    acknowledged(n) {
      outbox.acknowledged(n);
      failpoint('items-cleared');
    },
  });

  function changed(state: MinionLinkState): void {
    if (state.state === 'accept') {
      if (!greeted && !outbox.fits(state.durable)) return void beginAnew(state.durable);
      sentUpTo = state.durable;
      outbox.acknowledged(state.durable);
      if (!greeted) {
        log('info', 'link: accept', { jobs: 'taken from here on' });
        greet();
      }
      greeted = true;
      pump();
      return;
    }
    greeted = false;
    if ('reason' in state) log('info', `link: ${state.state}`, { reason: state.reason });
  }

  /**
   * The master's memory is not of this outbox: its store is an older one, the key was deleted in between, or a copy of
   * this minion has sent items of its own. What waits is sent under new numbers.
   */
  async function beginAnew(durable: number): Promise<void> {
    if (renewing) return;
    renewing = true;
    log('warning', "the master remembers another outbox: this one's items are sent under new numbers", { durable });
    try {
      await outbox.restart();
    } catch (cause) {
      log('error', 'a new outbox could not be begun', { reason: messageOf(cause) });
    }
    renewing = false;
    link.renew('the outbox was begun anew');
  }

  function greet(): void {
    link.ask('greet', greeting()).catch((cause: unknown) => {
      log('warning', 'the master did not take the greeting', { reason: messageOf(cause) });
    });
  }

  /** Sends on what the outbox has beyond what was sent, until the link takes no more. */
  function pump(): void {
    if (link.state.state !== 'accept' || renewing) return;
    for (const item of outbox.after(sentUpTo)) {
      if (!link.send(item)) return;
      sentUpTo = item.n;
      failpoint('item-sent');
    }
  }

  async function take(manifest: JobManifest, args: JobArguments): Promise<void> {
    const { jid, fun, user } = manifest;
    if (outbox.knows(jid) || running.has(jid)) return;
    failpoint('job-came');
    const order: JobOrder = { jid, fun, user, arg: args.arg, kwarg: args.kwarg };
    const own: Underway = { order, term: new AbortController(), kill: new AbortController(), pid: undefined };
    running.set(jid, own);
    log('info', 'a job is taken', { jid, fun, user });
    try {
      const quick = await runner.isQuick(fun);
      if (!quick && holding) {
        running.delete(jid);
        if (holding.waiting >= MOST_HELD) {
          log('warning', 'a job is not taken before the minion connects anew: too many wait', { jid, fun });
          return;
        }
        holding.waiting += 1;
        await holding.over;
        return void take(manifest, args);
      }
      // Written before it starts: after a crash it is reported as interrupted, never run again.
      if (!quick) {
        await outbox.addAccepted(jid, fun);
        failpoint('job-noted');
        pump();
      }
      // One that is not to wait is refused by the run that is under way, or runs beside it.
      const { queue: queued, concurrent } = args.kwarg;
      const waits = isStateRun(fun) && queued !== false && concurrent !== true;
      const { term, kill } = own;
      const control: JobControl = { term: term.signal, kill: kill.signal, began: (pid) => void (own.pid = pid) };
      const run = (): Promise<JobReturn> => runner.run(order, control);
      // What takes no time waits for nobody: who looks after a busy machine gets an answer.
      const outcome = await (quick ? run() : queue.run(waits, run, term.signal));
      failpoint('job-ran');
      await keepReturn(jid, fun, own.handed ? await own.handed : outcome);
    } catch (thrown) {
      if (!own.term.signal.aborted) log('error', 'a job could not be run', { jid, fun, reason: messageOf(thrown) });
      await keepReturn(jid, fun, failedReturn(messageOf(thrown)));
    } finally {
      if (running.get(jid) === own) running.delete(jid);
    }
  }

  /** Puts a return into the outbox, however long the disk takes to have room for it. */
  async function keepReturn(jid: string, fun: string, outcome: JobReturn): Promise<void> {
    const waits = backoff(200, 10_000);
    for (;;) {
      try {
        await outbox.addReturn(jid, fun, outcome);
        failpoint('return-kept');
        return pump();
      } catch (thrown) {
        log('error', 'a return could not be kept and is tried again', { jid, fun, reason: messageOf(thrown) });
        if (stopped) return;
        await sleep(clock, waits.next());
      }
    }
  }

  return {
    link,
    async sendEvent(tag, data, jid) {
      await outbox.addEvent(tag, data, jid);
      pump();
      return true;
    },
    async sendScheduled(job, outcome) {
      await outbox.addScheduled(job, outcome);
      pump();
    },
    progress(jid, place) {
      // What comes late is worth nothing.
      if (!running.has(jid) || link.state.state !== 'accept' || outbox.waiting > MOST_BEFORE_PROGRESS) return;
      outbox.addProgress(jid, place).then(pump, (cause: unknown) => {
        log('warning', 'where a job is could not be told', { jid, reason: messageOf(cause) });
      });
    },
    async sendResult(jid, result, total) {
      await outbox.addResult(jid, result, total);
      pump();
    },
    jobs: () => [...running.values()].map(jobOf),
    endJob(jid, signal, by) {
      const job = running.get(jid);
      if (!job) return undefined;
      const reason = jobErrors.ended({ fun: job.order.fun, by });
      if (signal === 'KILL') job.kill.abort(reason);
      // One that waits for its turn leaves the queue.
      if (signal === 'TERM' || job.pid === undefined) job.term.abort(reason);
      return jobOf(job);
    },
    hold() {
      let end = (): void => {};
      const over = new Promise<void>((resolve) => (end = resolve));
      const own = { over, waiting: 0 };
      holding = own;
      return () => {
        if (holding === own) holding = undefined;
        end();
      };
    },
    handOver(jid, outcome) {
      const job = running.get(jid);
      if (job) job.handed = settled(outcome);
    },
    async stop() {
      stopped = true;
      for (const { order, term } of running.values()) term.abort(jobErrors.interrupted(order));
      await link.stop();
      await outbox.close();
    },
  };
}

/** A job that runs, or waits for its turn: then it has no process. */
interface Underway {
  readonly order: JobOrder;
  readonly term: AbortController;
  readonly kill: AbortController;
  pid: number | undefined;
  /** It ends as this does. */
  handed?: Promise<JobReturn>;
}

/** An outcome that is there whatever happens. */
function settled(outcome: Promise<JobReturn>): Promise<JobReturn> {
  return outcome.catch((cause: unknown) => failedReturn(messageOf(cause)));
}

function jobOf({ order: { jid, fun, arg, kwarg, user }, pid }: Underway): MinionJob {
  return { jid, fun, arg, kwarg, user, ...(pid !== undefined && { pid }) };
}
