import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { slicedTimers } from '../lib/schedule/sliced-timers.ts';
import type { MinionConfig } from '../lib/config/options.ts';
import type { StateResult } from '../lib/contracts/state.ts';
import { messageOf } from '../lib/errors/error.ts';
import { minionErrors } from '../lib/errors/minion.ts';
import { parseMinionId } from '../lib/ids.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import { logOf, type Log } from '../lib/log.ts';
import { tryLock } from '../lib/process-lock.ts';
import type { Redactor } from '../lib/secrets/redactor.ts';
import { version } from '../lib/version.ts';
import { serveLocal, type LocalServer } from '../wire/local/server.ts';
import { connect } from '../wire/connect.ts';
import { startAgent, type Agent } from './agent.ts';
import { trustFirstUse } from './first-use.ts';
import { keptGrains } from './custom/grains.ts';
import { minionCustom } from './custom/start.ts';
import { collectGrains } from './grains/collect.ts';
import { jobQueue } from './jobs/queue.ts';
import { jobRunner } from './jobs/runner.ts';
import { startBeacons } from './lookout/start.ts';
import { readMembership } from './membership.ts';
import { openOutbox } from './outbox.ts';
import { ownAnswer } from './own-questions.ts';
import { scheduleAnswer } from './own-schedule.ts';
import { patientAsk } from './patient-ask.ts';
import { pillarQuestion, secretsOf } from './pillar-question.ts';
import { askingWithout, outboxWithoutSecrets } from './secrecy.ts';
import { forgetSteps } from './state-steps.ts';
import { startTimetable } from './timetable.ts';
import { minionUpgrades } from './upgrade/minion-upgrades.ts';
import { watchWrittenFiles } from './written-files.ts';

export interface MinionOptions {
  readonly config: MinionConfig;
  readonly configDir: string;
  /** The script that, given `worker`, becomes a job's process. */
  readonly script: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Learns what is secret in the minion's pillar. */
  readonly secrets: Redactor;
  /** Aborted: a start that still waits for the master's key is given up. */
  readonly signal: AbortSignal;
}

export interface RunningMinion {
  readonly agent: Agent;
  stop(): Promise<void>;
}

/**
 * Starts a minion: it connects, and stays connected, until it is stopped. Nothing when it was told to end before it could
 * start. Raises what is wrong with config or keys, and `TS_MINION_ALREADY_RUNNING`.
 */
export async function startMinion(given: MinionOptions): Promise<RunningMinion | undefined> {
  const options = { ...given, log: given.secrets.log(given.log) };
  const { config, clock, log, signal } = options;
  mkdirSync(config.cachedir, { recursive: true, mode: 0o700 });
  const lock = tryLock(lockOf(config), 'minion');
  if (!lock.held) throw minionErrors.alreadyRunning({ pid: lock.holder.pid });
  try {
    await trustFirstUse(config, { clock, log, signal });
    if (!signal.aborted) return await start(options, () => lock.release());
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
  lock.release();
  return undefined;
}

const lockOf = ({ cachedir }: MinionConfig): string => path.join(cachedir, 'minion.lock');

async function start(
  { config, configDir, script, secrets, clock, log }: MinionOptions,
  atEnd: () => void,
): Promise<RunningMinion> {
  const membership = readMembership(config);
  const items = await openOutbox({
    directory: path.join(config.cachedir, 'outbox'),
    clock,
    log: logOf(log, 'outbox'),
  });
  const outbox = outboxWithoutSecrets(items, secrets);
  const grains = (): JsonMap =>
    collectGrains({
      config: { ...config, grains: config.grains as JsonMap },
      configDir,
      version,
      gather: () => keptGrains(config.cachedir),
    });
  const stopping = new AbortController();
  const patiently = patientAsk(ask, { clock, signal: stopping.signal });
  const runner = jobRunner({
    script,
    configDir,
    flags: {},
    config,
    grains,
    secrets,
    clock,
    log: logOf(log, 'jobs'),
    host: {
      ask: patiently,
      sendEvent: (tag, data, jid) => agent.sendEvent(tag, data, jid),
      progress: (jid, place) => agent.progress(jid, place),
      result: (jid, result, total) => void sendResult(jid, result, total),
    },
  });

  const upgrades = minionUpgrades({ script, lock: lockOf(config), clock, log: logOf(log, 'upgrade') });
  let wasAccepted = false;
  const agent: Agent = startAgent({
    outbox,
    runner,
    queue: jobQueue(config.process_count_max),
    clock,
    log: logOf(log, 'wire'),
    greeting: () => ({ grains: secrets.data(grains()), version }),
    handedOver: (jid) => upgrades.outcomeOf(jid),
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
          get outbox() {
            return outbox.name;
          },
          token: membership.token,
          version,
          clock,
          log: logOf(log, 'wire'),
        },
        {
          ...handlers,
          changed(state) {
            handlers.changed(state);
            upgrades.linkIs(state);
            if (state.state === 'accept') accepted();
          },
        },
      ),
  });

  const custom = minionCustom({
    cachedir: config.cachedir,
    autoload: config.autoload_dynamic_modules,
    ask: patiently,
    run: (order, control) => runner.run(order, control),
    log,
  });

  const timetable = startTimetable({
    config,
    grains,
    run: (order, control) => runner.run(order, control),
    sendReturn: (job, outcome) => agent.sendScheduled(job, outcome),
    sendEvent: (tag, data) => agent.sendEvent(tag, data),
    // Of a thousand jobs all may be due at once, as after a machine's sleep.
    clock: slicedTimers(clock),
    log: logOf(log, 'schedule'),
  });

  // What one before this noted for its beacons.
  forgetSteps(config.cachedir);
  const beacons = startBeacons({
    config,
    engine: async (tell) => {
      const { systemBeacons } = await import('./lookout/system.ts');
      return systemBeacons({
        cachedir: config.cachedir,
        custom: () => custom.current(),
        clock,
        log: logOf(log, 'beacons'),
        tell,
      });
    },
    custom: () => custom.current(),
    sendEvent: (tag, data) => agent.sendEvent(tag, data),
    log: logOf(log, 'beacons'),
  });

  const written = watchWrittenFiles({
    configDir,
    clock,
    log: logOf(log, 'config'),
    changed(now) {
      timetable.config(now.schedule);
      beacons.config(now.beacons);
    },
  });

  const askMaster = askingWithout(secrets, (question, body) => agent.link.ask(question, body));

  /** Asks the master what the minion can't answer itself. Every pillar that comes by, for whatever job, may bring another schedule and other beacons. */
  async function ask(question: string, body: JsonMap): Promise<JsonMap> {
    const own =
      ownAnswer(agent, question, body, () => beacons.renew()) ??
      scheduleAnswer(timetable, written.reread, question, body) ??
      (await upgrades.answer(agent, question, body));
    if (own) return secrets.data(own);
    const answer = await askMaster(question, body);
    const isWhole = question === 'pillar' && body.for_one_run !== true;
    if (isWhole && isMap(answer.pillar)) {
      // What schedule and beacons have in them is secret in this process, too.
      secrets.hideOnly(secretsOf(answer.secrets));
      timetable.pillar(answer.pillar as JsonMap);
      beacons.pillar(answer.pillar as JsonMap);
    }
    return answer;
  }

  function sendResult(jid: string, result: StateResult, total: number): Promise<void> {
    return agent
      .sendResult(jid, result, total)
      .catch((cause: unknown) =>
        log('warning', "a state's result could not be kept", { jid, reason: messageOf(cause) }),
      );
  }

  /** Said again with every acknowledgement. */
  function accepted(): void {
    if (wasAccepted) return;
    wasAccepted = true;
    membership.accepted();
    // For its schedule and its beacons. When this fails, a later job's pillar brings it.
    ask('pillar', pillarQuestion(config, grains())).catch((cause: unknown) => {
      log('warning', "the pillar's schedule and beacons are not known yet", { reason: messageOf(cause) });
      timetable.accepted();
    });
    void custom.accepted();
  }

  const local = await serveOwnSocket();
  if (config.pidfile !== '') writePid(config.pidfile);
  const { fingerprint } = membership.identity;
  log('info', 'the minion is running', { id: config.id, fingerprint, master: config.master, port: config.master_port });

  /** What `tsalt call` on this machine asks for: it has no session of its own. */
  function serveOwnSocket(): Promise<LocalServer> {
    return serveLocal('minion', path.join(config.sock_dir, 'minion.sock'), {
      status: async () => ({
        id: config.id,
        link: { ...agent.link.state },
        waiting: outbox.waiting,
        jobs: agent.jobs().map(({ jid, fun }) => ({ jid, fun })),
      }),
      ask: async ({ question, body }) => {
        if (agent.link.state.state !== 'accept') throw minionErrors.notConnected({ state: agent.link.state.state });
        return ask(asText(question), isMap(body) ? (body as JsonMap) : {});
      },
      result: async ({ jid, result, total }) => {
        if (!isMap(result)) return false;
        await agent.sendResult(asText(jid), result as unknown as StateResult, Number(total));
        return true;
      },
      event: async ({ tag, data }) => agent.sendEvent(asText(tag), isMap(data) ? (data as JsonMap) : {}),
    });
  }

  return {
    agent,
    async stop() {
      stopping.abort();
      written.stop();
      beacons.stop();
      timetable.stop();
      await local.close();
      await agent
        .stop()
        .catch((cause: unknown) => log('warning', 'the minion did not stop cleanly', { reason: messageOf(cause) }));
      rmSync(config.pidfile, { force: true });
      atEnd();
    },
  };
}

function writePid(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${process.pid}\n`);
}
