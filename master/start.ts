import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { slicedTimers } from '../lib/schedule/sliced-timers.ts';
import type { PlaceOf } from '../lib/config/check.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { pillarRemoteOptions } from '../lib/git/pillar-remotes.ts';
import type { JsonMap } from '../lib/json.ts';
import { pillarSettings } from '../lib/pillar-settings.ts';
import { logOf, type Log } from '../lib/log.ts';
import { loadOrMakeMasterKeys } from '../wire/key-files.ts';
import { formatMasterKey, masterKeyOf } from '../wire/master-key.ts';
import { openControl } from './access/open.ts';
import { announce } from './announcement.ts';
import { openAudit } from './audit/log.ts';
import { openBooks } from './books.ts';
import { serveBundles } from './bundle-server.ts';
import { controlMethods } from './control.ts';
import { forgetMachine } from './forget.ts';
import { openFiles } from './files/open.ts';
import { openFrontDesk } from './front-desk.ts';
import { gitDirectory } from './git/repositories.ts';
import { housekeeping } from './housekeeping.ts';
import { exposition } from './metrics/exposition.ts';
import { metricsOf, type Figures } from './metrics/figures.ts';
import { serveMetrics } from './metrics/server.ts';
import { orchestrations, type Orchestrations } from './orchestrate/orchestrations.ts';
import { standInOf } from './orchestrate/stand-in-of.ts';
import { pillarCache } from './pillar-cache.ts';
import { pillarCompiler } from './pillar.ts';
import { renderPool } from './pool/render-pool.ts';
import type { ReactorEngine } from './reactor/engine.ts';
import { reactorPowers } from './reactor/powers.ts';
import { startReactors } from './reactor/start.ts';
import { runners, type Runners } from './runners.ts';
import { customRunners } from './runners/custom.ts';
import { masterSchedule, type MasterSchedule } from './schedule.ts';
import { keyCommands } from './wheel/key.ts';

export interface MasterOptions {
  readonly config: MasterConfig;
  /** Where a part of it is said. */
  readonly placeOf?: PlaceOf;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads the option `operators` again. Raises what is wrong with the config; without it they stay as they are. */
  readonly rereadOperators?: () => JsonMap;
}

export interface RunningMaster {
  stop(): Promise<void>;
}

/** How long a minion has to take a job that a reaction published. */
const TAKE_WITHIN_MS = 60 * 60 * 1000;

/** Starts a master. Raises what is wrong with its store, its keys, its ports or its reactors; nothing is left running then. */
export async function startMaster(options: MasterOptions): Promise<RunningMaster> {
  // What was started last is stopped first.
  const endings: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (let end = endings.pop(); end; end = endings.pop()) await end();
  };
  try {
    await start(options, (end) => endings.push(end));
    return { stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function start(
  { config, placeOf, clock, log, rereadOperators = () => config.operators }: MasterOptions,
  atEnd: (end: () => unknown) => void,
): Promise<void> {
  const startedAt = clock.now() / 1000;
  const books = await openBooks(config, clock, log);
  const { store, bus, keys, jobs, instances, tokens } = books;
  atEnd(() => store.close());
  const audit = openAudit({
    file: config.audit_file || path.join(config.cachedir, 'audit.log'),
    mostBytes: config.audit_mb * 1024 * 1024,
    keep: config.audit_keep,
    clock,
    log: logOf(log, 'access'),
  });
  atEnd(() => audit.close());
  const pool = renderPool({ clock, log: logOf(log, 'pillar'), size: config.worker_threads });
  atEnd(() => pool.stop());

  const trees = openFiles(config, bus, clock, log);
  atEnd(() => trees.upkeep.stop());

  const { identity, curve } = loadOrMakeMasterKeys(config.pki_dir);
  const masterKey = formatMasterKey(masterKeyOf(identity, curve));
  const compiler = pillarCompiler({
    pool,
    roots: config.pillar_roots,
    settings: pillarSettings(config),
    keys: config.pki_dir,
    git: { directory: gitDirectory(config), options: pillarRemoteOptions(config) },
    instances,
    log: logOf(log, 'pillar'),
  });
  const pillars = config.pillar_cache
    ? pillarCache(compiler, {
        keepMs: config.pillar_cache_ttl * 1000,
        roots: config.pillar_roots,
        inputs: () => [instances.list(), trees.upkeep.counters().changed],
        clock,
      })
    : undefined;
  const pillarOf = pillars?.pillarOf ?? compiler;
  const desk = await openFrontDesk({ books, pillarOf, files: trees.files, config, identity, curve, clock, log });
  const { link, publisher, notConnected, progress } = desk;
  atEnd(() => link.stop());

  const standIn = standInOf(config, hostname());
  const commands = keyCommands(keys);
  const running: Runners = runners({
    ...books,
    orchestrationBook: books.orchestrations,
    config,
    keyCommands: commands,
    pillarOf,
    standIn,
    pillars,
    files: trees.files,
    upkeep: trees.upkeep,
    tooOld: desk.tooOld,
    publisher,
    mineReader: desk.mine,
    clock,
    reactors: () => reactors,
    orchestrations: () => orchestrating,
    schedule: () => schedule,
    away: notConnected,
    custom: customRunners({
      trees: trees.trees,
      powers: {
        call: (user, client, fun, kwarg = {}, arg = []) => running.call({ client, fun, kwarg, arg }, { user }),
        async publish(user = 'operator', request) {
          const resolved = publisher.resolve(request, { user, takeWithinMs: TAKE_WITHIN_MS });
          const { jid, minions } = await publisher.publish(resolved);
          return { jid, minions: [...minions] };
        },
        outcome: (jid, id, signal) => jobs.outcome(jid, id, signal),
        fire: async (tag, data) => void (await bus.fire({ tag, data })),
      },
      clock,
      log,
    }),
    audit,
    stats,
  });
  const orchestrating: Orchestrations = orchestrations({
    book: books.orchestrations,
    bus,
    jobs,
    publisher,
    notConnected,
    newJid: () => jobs.newJid(),
    pillarOf,
    standIn,
    git: () => trees.git(),
    timeoutSeconds: config.timeout,
    random: Math.random,
    call: (call, caller) => running.call(call, caller),
    reads: (call) => running.reads(call),
    clock,
    log: logOf(log, 'orchestration'),
  });
  atEnd(() => orchestrating.stop());
  const reactors: ReactorEngine = await startReactors({
    entries: config.reactor,
    maxDepth: config.reactor_max_depth,
    returners: config.returners,
    placeOf,
    trees: trees.trees,
    mayGrow: trees.mayGrow,
    master: standIn.id,
    pool,
    config: config as unknown as JsonMap,
    cachedir: config.cachedir,
    directory: config.reactor_dir,
    storeDirectory: config.cachedir,
    events: bus,
    powers: reactorPowers({
      jobs,
      keys,
      rejectForMs: config['auth.reject_seconds'] === 0 ? undefined : config['auth.reject_seconds'] * 1000,
      instances,
      async publish(once, request, origin) {
        const resolved = publisher.resolve(request, { user: 'reactor', takeWithinMs: TAKE_WITHIN_MS });
        const { jid, minions } = await publisher.publish(resolved, { once, origin });
        return { jid, minions: [...minions] };
      },
      call: (client, fun, arg, kwarg, { cause, depth, once }) =>
        running.call({ client, fun, arg, kwarg }, { user: 'reactor', cause, depth, once, waits: false }),
    }),
    clock,
    log: logOf(log, 'reactors'),
  });
  atEnd(() => reactors.stop());

  const schedule: MasterSchedule = masterSchedule({
    schedule: config.schedule,
    placeOf,
    runners: running,
    returners: Object.keys(config.returners),
    bus,
    newJid: () => jobs.newJid(),
    // Of a thousand jobs all may be due at once, as after a machine's sleep.
    clock: slicedTimers(clock),
    log: logOf(log, 'schedule'),
  });
  atEnd(() => schedule.stop());

  const { interface: address, bundle_port: port, bundle_dir: directory } = config;
  const bundles = config.bundle_server
    ? await serveBundles({ interface: address, port, directory, masterKey, log: logOf(log, 'bundles') })
    : undefined;
  atEnd(() => bundles?.stop());

  const metrics =
    config.metrics_port === undefined
      ? undefined
      : await serveMetrics({
          interface: config.metrics_interface,
          port: config.metrics_port,
          text: () => exposition(metricsOf(figures())),
          log: logOf(log, 'metrics'),
        });
  atEnd(() => metrics?.stop());

  const ports = {
    publish_port: link.ports.publish,
    ret_port: link.ports.request,
    bundle_port: bundles?.port ?? 0,
    ...(metrics && { metrics_port: metrics.port }),
  };
  const methods = controlMethods({
    ...books,
    keys: { ...commands, askAnew: (id) => keys.askAnew(id) },
    publisher,
    progress,
    runners: running,
    clock,
    masterKey,
    fingerprint: identity.fingerprint,
    timeoutSeconds: config.timeout,
    notConnected,
    status: () => ({ pid: process.pid, ...ports, master_key: masterKey, sessions: link.sessions.size }),
    forget: forgetMachine({ ...books, config, link }),
  });
  const control = await openControl({
    config,
    methods,
    audit,
    rereadOperators,
    facts: books.facts,
    log: logOf(log, 'access'),
  });
  atEnd(() => control.close());
  atEnd(
    housekeeping({
      config,
      bus,
      jobs,
      tokens,
      keys,
      instances,
      orchestrations: books.orchestrations,
      needless: () => reactors.needless(),
      clock,
      log: logOf(log, 'store'),
    }),
  );
  atEnd(announce(config, { ...ports, master_key: masterKey, fingerprint: identity.fingerprint }));
  orchestrating.resume();
  schedule.start();
  log('info', 'the master is running', ports);

  function stats() {
    return {
      store: { ...store.stats() },
      bus: { ...bus.stats() },
      wire: { ...link.stats() },
      keys: { ...keys.stats() },
      jobs: { ...jobs.stats() },
      intake: { ...desk.stats() },
      mine: { ...desk.mineStats() },
      pool: { ...pool.counters() },
      pillars: { ...pillars?.stats() },
      reactors: { ...reactors.counters() },
      orchestrations: { ...orchestrating.counters() },
      schedule: { ...schedule.counters() },
      audit: { ...audit.stats() },
      git: { ...trees.upkeep.counters(), failing: trees.upkeep.failing() },
      sessions: link.sessions.size,
    };
  }

  function figures(): Figures {
    const { user, system } = process.cpuUsage();
    return {
      ...stats(),
      open: jobs.open(),
      reactorList: reactors.list(),
      returners: reactors.returners(),
      process: { memory: process.memoryUsage.rss(), cpu: (user + system) / 1_000_000, startedAt },
    };
  }
}
