import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import { minionErrors } from '../lib/errors/minion.ts';
import { parseMinionId } from '../lib/ids.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { tryLock } from '../lib/process-lock.ts';
import { version } from '../lib/version.ts';
import { serveLocal, type LocalServer } from '../wire/local/server.ts';
import { connect } from '../wire/connect.ts';
import { startAgent, type Agent } from './agent.ts';
import { collectorJobs } from './collectors/schedule.ts';
import { collectGrains } from './grains/collect.ts';
import { jobQueue } from './jobs/queue.ts';
import { jobRunner } from './jobs/runner.ts';
import { readMembership } from './membership.ts';
import { openOutbox } from './outbox.ts';
import type { ScheduledJob } from './schedule.ts';
import { scheduler } from './scheduler.ts';

export interface MinionOptions {
  readonly config: MinionConfig;
  readonly configDir: string;
  /** The script that, given `worker`, becomes a job's process. */
  readonly script: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningMinion {
  readonly agent: Agent;
  stop(): Promise<void>;
}

/** Starts a minion: it connects, and stays connected, until it is stopped. Raises what is wrong with config or keys, and `TS_MINION_ALREADY_RUNNING`. */
export async function startMinion({ config, configDir, script, clock, log }: MinionOptions): Promise<RunningMinion> {
  mkdirSync(config.cachedir, { recursive: true, mode: 0o700 });
  const lock = tryLock(path.join(config.cachedir, 'minion.lock'), 'minion');
  if (!lock.held) throw minionErrors.alreadyRunning({ pid: lock.holder.pid });
  const membership = readMembership(config);
  const outbox = await openOutbox({ directory: path.join(config.cachedir, 'outbox'), clock, log });
  const grains = (): JsonMap =>
    collectGrains({ config: { ...config, grains: config.grains as JsonMap }, configDir, version });
  const runner = jobRunner({
    script,
    configDir,
    flags: {},
    config,
    grains,
    clock,
    log,
    host: {
      ask: (question, body) => agent.link.ask(question, body),
      sendEvent: (tag, data) => agent.sendEvent(tag, data),
      progress: () => {},
    },
  });

  const agent: Agent = startAgent({
    outbox,
    runner,
    queue: jobQueue(config.process_count_max),
    clock,
    log,
    greeting: () => ({ grains: grains(), version }),
    connect: (handlers) =>
      connect(
        {
          master: config.master,
          port: config.master_port,
          masterKey: membership.masterKey,
          id: parseMinionId(config.id),
          identity: membership.identity,
          incarnation: membership.incarnation,
          generation: membership.generation,
          outbox: outbox.name,
          token: membership.token,
          clock,
          log,
        },
        {
          ...handlers,
          changed(state) {
            if (state.state === 'accept') membership.accepted();
            handlers.changed(state);
          },
        },
      ),
  });

  const timetable = scheduler({ id: config.id, clock, log, run: runScheduled });
  const { errors, warnings } = timetable.set({ ...collectorJobs(config.collectors), ...(config.schedule as JsonMap) });
  for (const error of errors) log('error', error.message);
  for (const warning of warnings) log('warning', warning.message);

  async function runScheduled(job: ScheduledJob): Promise<void> {
    const order = { jid: '', fun: job.fun, arg: job.args, kwarg: job.kwargs, user: 'schedule' };
    const outcome = await runner.run(order, new AbortController().signal);
    if (!outcome.success) log('warning', 'a scheduled job failed', { job: job.name, fun: job.fun });
    if (job.event !== undefined && outcome.success && isMap(outcome.return))
      await agent.sendEvent(job.event, outcome.return as JsonMap);
    if (job.returnJob)
      await agent.sendEvent('schedule/return', {
        schedule: job.name,
        fun: job.fun,
        return: outcome.return,
        success: outcome.success,
        retcode: outcome.retcode,
      });
  }

  const local = await serveOwnSocket();
  if (config.pidfile !== '') writePid(config.pidfile);
  log('info', 'the minion is running', { id: config.id, master: config.master, port: config.master_port });

  /** What `tsalt call` on this machine asks for: it has no session of its own. */
  function serveOwnSocket(): Promise<LocalServer> {
    return serveLocal('minion', path.join(config.sock_dir, 'minion.sock'), {
      status: async () => ({
        id: config.id,
        link: { ...agent.link.state },
        waiting: outbox.waiting,
        jobs: agent.jobs().map((job) => ({ ...job })),
      }),
      ask: async ({ question, body }) => {
        if (agent.link.state.state !== 'accept') throw minionErrors.notConnected({ state: agent.link.state.state });
        return agent.link.ask(asText(question), isMap(body) ? (body as JsonMap) : {});
      },
      event: async ({ tag, data }) => agent.sendEvent(asText(tag), isMap(data) ? (data as JsonMap) : {}),
    });
  }

  return {
    agent,
    async stop() {
      timetable.stop();
      await local.close();
      await agent
        .stop()
        .catch((cause: unknown) => log('warning', 'the minion did not stop cleanly', { reason: messageOf(cause) }));
      rmSync(config.pidfile, { force: true });
      lock.release();
    },
  };
}

function writePid(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${process.pid}\n`);
}
