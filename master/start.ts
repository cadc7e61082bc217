import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { messageOf } from '../lib/errors/error.ts';
import { isMinionId } from '../lib/ids.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { openStore } from '../store/store.ts';
import { listen } from '../wire/listen.ts';
import { loadOrMakeCurveKeys, loadOrMakeIdentity } from '../wire/key-files.ts';
import { serveLocal } from '../wire/local/server.ts';
import { formatMasterKey, masterKeyOf } from '../wire/master-key.ts';
import type { MasterLink } from '../wire/types.ts';
import { serveBundles, type BundleServer } from './bundle-server.ts';
import { eventBus } from './bus.ts';
import { controlMethods } from './control.ts';
import { minionFacts } from './facts.ts';
import { fileServer } from './files.ts';
import { forgetMachine } from './forget.ts';
import { instanceRegistry } from './instances.ts';
import { intake } from './intake.ts';
import { jobLedger } from './jobs.ts';
import { keyBook } from './keys.ts';
import { minionBook } from './minions.ts';
import { pillarCompiler } from './pillar.ts';
import { renderPool } from './pool/render-pool.ts';
import { publisher } from './publisher.ts';
import { questions } from './questions.ts';
import type { ReactorEngine } from './reactor/engine.ts';
import { reactorPowers } from './reactor/powers.ts';
import { startReactors } from './reactor/start.ts';
import { runners } from './runners.ts';
import { sessions } from './sessions.ts';
import { housekeeping } from './housekeeping.ts';
import { targeting } from './targeting.ts';
import { tokens } from './tokens.ts';
import { callWheel, keyCommands } from './wheel.ts';

export interface MasterOptions {
  readonly config: MasterConfig;
  /** Where relative paths of reactor files start. */
  readonly configDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningMaster {
  readonly ports: { readonly publish_port: number; readonly ret_port: number; readonly bundle_port: number };
  readonly masterKey: string;
  stop(): Promise<void>;
}

/** How long a minion has to take a job that a reaction published. */
const TAKE_WITHIN_MS = 60 * 60 * 1000;

/** Starts a master. Raises what is wrong with its store, its keys, its ports or its reactors; nothing is left running then. */
export async function startMaster({ config, configDir, clock, log }: MasterOptions): Promise<RunningMaster> {
  const endings: (() => unknown)[] = [];
  try {
    return await start();
  } catch (cause) {
    for (const end of endings.reverse()) await end();
    throw cause;
  }

  async function start(): Promise<RunningMaster> {
    const store = await openStore({
      directory: path.join(config.cachedir, 'store'),
      now: () => clock.now(),
      purpose: 'master',
    });
    endings.push(() => store.close());
    const { torn, damage, rebuilt } = store.found;
    if (torn > 0 || rebuilt) log('info', 'the store was not closed well and was mended', { torn, rebuilt });
    for (const { segment, quarantined } of damage)
      log('error', 'the store was damaged: what can be read of it was kept', { segment, quarantined });

    const bus = eventBus({ store, clock, log });
    const minions = minionBook(store);
    const tokenBook = tokens({ store, clock });
    const keys = keyBook({ store, bus, tokens: tokenBook, minions, clock, log, maxMinions: config.max_minions });
    const jobs = jobLedger({ store, bus, clock });
    const instances = instanceRegistry({ store, bus, clock });
    const facts = minionFacts(store, (cause) => log('error', 'grains could not be kept', { reason: messageOf(cause) }));
    const files = fileServer(config.file_roots, () => clock.monotonic());
    const pool = renderPool({ clock, log, size: config.worker_threads });
    endings.push(() => pool.stop());
    const commands = keyCommands(keys);

    const identity = loadOrMakeIdentity(path.join(config.pki_dir, 'master.pem'));
    const curve = loadOrMakeCurveKeys(path.join(config.pki_dir, 'curve.pem'));
    const masterKey = formatMasterKey(masterKeyOf(identity, curve));

    // The link and the parts that use it know each other.
    let link: MasterLink | undefined;
    const theLink = (): MasterLink => {
      if (!link) throw new Error('the link is not open yet');
      return link;
    };
    const targets = targeting({ keys, facts, nodegroups: config.nodegroups });
    const publish = publisher({ jobs, store, targeting: targets, link: theLink, clock, log });
    const taking = intake({
      store,
      bus,
      jobs,
      minions,
      clock,
      log,
      acknowledge: (session, n) => theLink().acknowledge(session, n),
      failed: ({ id }, reason) => theLink().close(id, `the master could not record what came: ${reason}`),
    });
    const present = sessions({ store, bus, minions, publisher: publish, intake: taking, clock, log });
    const pillarOf = pillarCompiler({ pool, roots: config.pillar_roots, nodegroups: config.nodegroups, instances });
    const ask = questions({ files, facts, pillarOf });
    link = await listen(
      {
        interface: config.interface,
        publishPort: config.publish_port,
        requestPort: config.ret_port,
        identity,
        curve,
        clock,
        log,
      },
      {
        admit: (applicant) => keys.admit(applicant),
        received: (session, items) => taking.take(session, items),
        asked: ask,
        opened: (session) => present.opened(session),
        missed: (session) => publish.catchUp(session),
        closed: (session, reason) => present.closed(session, reason),
      },
    );
    endings.push(() => theLink().stop());
    keys.onChange((id, state, before) => {
      if (state !== 'accepted' && before === 'accepted')
        theLink().close(id, state ? `its key is ${state}` : 'its key was deleted');
      theLink().reconsider(id);
    });

    let engine: ReactorEngine | undefined;
    const run = runners({
      jobs,
      keys,
      bus,
      instances,
      clock,
      reactors: () => engine as ReactorEngine,
      connected: (id) => isMinionId(id) && theLink().sessions.has(id),
      stats,
    });
    engine = await startReactors({
      entries: config.reactor,
      pool,
      config: config as unknown as JsonMap,
      cachedir: config.cachedir,
      directory: configDir,
      storeDirectory: config.cachedir,
      events: bus,
      powers: reactorPowers({
        jobs,
        keys,
        instances,
        async publish(once, request, origin) {
          const job = publish.resolve(request, { user: 'reactor', takeWithinMs: TAKE_WITHIN_MS });
          const { jid, minions: meant } = await publish.publish(job, { once, origin });
          return { jid, minions: [...meant] };
        },
        call: (client, fun, arg, kwarg) =>
          client === 'wheel' ? callWheel(commands, fun, arg, kwarg) : run.call(fun, arg, kwarg),
      }),
      maxDepth: config.reactor_max_depth,
      clock,
      log,
    });
    endings.push(() => engine?.stop());

    let bundles: BundleServer | undefined;
    if (config.bundle_server) {
      bundles = await serveBundles({
        interface: config.interface,
        port: config.bundle_port,
        directory: config.bundle_dir,
        masterKey,
        log,
      });
      endings.push(() => bundles?.stop());
    }

    const ports = {
      publish_port: theLink().ports.publish,
      ret_port: theLink().ports.request,
      bundle_port: bundles?.port ?? 0,
    };
    const methods = controlMethods({
      bus,
      jobs,
      keys: commands,
      tokens: tokenBook,
      instances,
      publisher: publish,
      runners: run,
      clock,
      masterKey,
      fingerprint: identity.fingerprint,
      timeoutSeconds: config.timeout,
      notConnected: (id) => (isMinionId(id) && theLink().sessions.has(id) ? undefined : present.lastSeen(id)),
      status: () => ({ pid: process.pid, ...ports, master_key: masterKey, sessions: theLink().sessions.size }),
      forget: forgetMachine({ config, store, keys, tokens: tokenBook, facts, link: theLink }),
    });
    const control = await serveLocal('master', path.join(config.sock_dir, 'master.sock'), methods);
    endings.push(() => control.close());
    endings.push(
      housekeeping({
        config,
        bus,
        jobs,
        tokens: tokenBook,
        instances,
        needless: () => engine?.needless() ?? 0,
        clock,
        log,
      }),
    );
    const described = path.join(config.sock_dir, 'master.json');
    writeWhole(
      described,
      JSON.stringify({ pid: process.pid, ...ports, master_key: masterKey, fingerprint: identity.fingerprint }),
    );
    endings.push(() => rmSync(described, { force: true }));
    if (config.pidfile !== '') {
      mkdirSync(path.dirname(config.pidfile), { recursive: true });
      writeWhole(config.pidfile, `${process.pid}\n`);
      endings.push(() => rmSync(config.pidfile, { force: true }));
    }
    log('info', 'the master is running', { ...ports });

    function stats(): JsonMap {
      return {
        store: { ...store.stats() },
        bus: { ...bus.stats() },
        wire: { ...theLink().stats() },
        keys: { ...keys.stats() },
        jobs: { ...jobs.stats() },
        intake: { ...taking.stats() },
        pool: { ...pool.counters() },
        reactors: { ...engine?.counters() },
        sessions: theLink().sessions.size,
      };
    }

    return {
      ports,
      masterKey,
      async stop() {
        for (const end of endings.reverse()) await end();
      },
    };
  }
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
