import { backoff } from '../lib/backoff.ts';
import { sleep, type Clock } from '../lib/clock.ts';
import { jobErrors } from '../lib/errors/jobs.ts';
import { messageOf } from '../lib/errors/error.ts';
import type { StatePlace, StateResult } from '../lib/contracts/state.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { JobArguments, JobManifest, MinionHandlers, MinionLink, MinionLinkState } from '../wire/types.ts';
import { failedReturn } from './jobs/in-process.ts';
import type { JobOrder, JobReturn } from './jobs/messages.ts';
import { isStateRun } from '../lib/state-runs.ts';
import type { JobQueue } from './jobs/queue.ts';
import type { Outbox } from './outbox.ts';

/** How a job is run: quick functions inside, everything else in a process of its own. */
export interface JobRunner {
  /** It blocks on nothing and may be run again: no process, and no note before it starts. */
  isQuick(fun: string): Promise<boolean>;
  run(order: JobOrder, signal: AbortSignal): Promise<JobReturn>;
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
}

export interface Agent {
  readonly link: MinionLink;
  /** Puts an event into the outbox; resolves when it is written there. */
  sendEvent(tag: string, data: JsonMap): Promise<boolean>;
  /** Tells the master where the state run of a job is, when it can be told at once. */
  progress(jid: string, place: StatePlace): void;
  /** Puts a state's result into the outbox, for an event of the master's. */
  sendResult(jid: string, result: StateResult, total: number): Promise<void>;
  /** Ends a running job; false when there is none of that number. */
  terminate(jid: string): boolean;
  /** Jobs that run or wait now. */
  jobs(): readonly { readonly jid: string; readonly fun: string }[];
  stop(): Promise<void>;
}

/** With more than this on its way, where a job is is not told. */
const MOST_BEFORE_PROGRESS = 100;

/** Takes jobs from the link, runs each once, and keeps what comes of them in the outbox until the master has it. */
export function startAgent({ outbox, runner, queue, clock, log, connect, greeting }: AgentParts): Agent {
  const running = new Map<string, { readonly fun: string; readonly abort: AbortController }>();
  let sentUpTo = 0;
  let stopped = false;
  /** Of this session. */
  let greeted = false;

  for (const { jid, fun } of outbox.unfinished()) {
    log('warning', 'a job was interrupted when the minion stopped', { jid, fun });
    void keepReturn(jid, fun, failedReturn(jobErrors.interrupted({ fun }).message));
  }

  const link = connect({
    changed,
    job: (manifest, args) => void take(manifest, args),
    acknowledged: (n) => outbox.acknowledged(n),
  });

  function changed(state: MinionLinkState): void {
    if (state.state === 'accept') {
      sentUpTo = state.durable;
      outbox.acknowledged(state.durable);
      if (!greeted) greet();
      greeted = true;
      pump();
      return;
    }
    greeted = false;
    if ('reason' in state) log('info', `link: ${state.state}`, { reason: state.reason });
  }

  function greet(): void {
    link.ask('greet', greeting()).catch((cause: unknown) => {
      log('warning', 'the master did not take the greeting', { reason: messageOf(cause) });
    });
  }

  /** Sends on what the outbox has beyond what was sent, until the link takes no more. */
  function pump(): void {
    if (link.state.state !== 'accept') return;
    for (const item of outbox.after(sentUpTo)) {
      if (!link.send(item)) return;
      sentUpTo = item.n;
    }
  }

  async function take(manifest: JobManifest, args: JobArguments): Promise<void> {
    const { jid, fun, user } = manifest;
    if (outbox.knows(jid) || running.has(jid)) return;
    const abort = new AbortController();
    running.set(jid, { fun, abort });
    try {
      const order: JobOrder = { jid, fun, user, arg: args.arg, kwarg: args.kwarg };
      const quick = await runner.isQuick(fun);
      // Written before it starts: after a crash it is reported as interrupted, never run again.
      if (!quick) {
        await outbox.addAccepted(jid, fun);
        pump();
      }
      // One that is not to wait is refused by the run that is under way.
      const waits = isStateRun(fun) && args.kwarg['queue'] !== false;
      const run = (): Promise<JobReturn> => runner.run(order, abort.signal);
      // What takes no time waits for nobody: who looks after a busy machine gets an answer.
      const outcome = await (quick ? run() : queue.run(waits, run));
      await keepReturn(jid, fun, outcome);
    } catch (thrown) {
      log('error', 'a job could not be run', { jid, fun, reason: messageOf(thrown) });
      await keepReturn(jid, fun, failedReturn(messageOf(thrown)));
    } finally {
      running.delete(jid);
    }
  }

  /** Puts a return into the outbox, however long the disk takes to have room for it. */
  async function keepReturn(jid: string, fun: string, outcome: JobReturn): Promise<void> {
    const waits = backoff(200, 10_000);
    for (;;) {
      try {
        await outbox.addReturn(jid, fun, outcome);
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
    async sendEvent(tag, data) {
      await outbox.addEvent(tag, data);
      pump();
      return true;
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
    terminate(jid) {
      running.get(jid)?.abort.abort();
      return running.has(jid);
    },
    jobs: () => [...running].map(([jid, { fun }]) => ({ jid, fun })),
    async stop() {
      stopped = true;
      for (const { abort } of running.values()) abort.abort();
      await link.stop();
      await outbox.close();
    },
  };
}
