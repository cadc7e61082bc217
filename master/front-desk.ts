import { steady, type Clock } from '../lib/clock.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { topsOf } from '../lib/tops.ts';
import { isMinionId } from '../lib/ids.ts';
import { logOf, type Log } from '../lib/log.ts';
import type { CurveKeys, Identity } from '../wire/keys.ts';
import { listen } from '../wire/listen.ts';
import type { MasterLink } from '../wire/types.ts';
import type { Books } from './books.ts';
import { bundleStore } from './bundles.ts';
import type { FileServer } from './files.ts';
import { jobProgress, type JobProgress } from './jobs/progress.ts';
import { intake } from './intake.ts';
import { mineDesk } from './mine/questions.ts';
import { mineReader, type MineReader } from './mine/reader.ts';
import type { PillarOf } from './pillar.ts';
import { publisher, type Publisher } from './publisher.ts';
import { questions } from './questions.ts';
import { sessions } from './sessions.ts';
import { versionSkew } from './skew.ts';
import { targeting } from './targeting.ts';

/** Where minions are met: the open link, and what is sent out and taken in over it. */
export interface FrontDesk {
  readonly link: MasterLink;
  readonly publisher: Publisher;
  readonly progress: JobProgress;
  readonly mine: MineReader;
  readonly mineStats: () => Readonly<Record<string, number>>;
  /** Accepted minions that were turned down for their version, and it. */
  readonly tooOld: ReadonlyMap<string, string>;
  /** Undefined while the minion is connected, else since when it is not, for a person. */
  readonly notConnected: (id: string) => string | undefined;
  readonly stats: () => Readonly<Record<string, number>>;
}

export interface FrontDeskOptions {
  readonly books: Books;
  readonly pillarOf: PillarOf;
  readonly files: FileServer;
  readonly config: MasterConfig;
  readonly identity: Identity;
  readonly curve: CurveKeys;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens the ports and serves minions. Raises `TS_WIRE_CANNOT_BIND`. */
export async function openFrontDesk(options: FrontDeskOptions): Promise<FrontDesk> {
  const { books, pillarOf, files, config, identity, curve, clock, log } = options;
  const { store, bus, jobs, keys, minions, facts, mine: book } = books;
  const { nodegroups } = config;

  /** What minions are told, and jobs expire by. */
  const time = steady(clock);
  // The link and what uses it know each other; nothing of it is used before a minion is there.
  let opened: MasterLink | undefined;
  const link = (): MasterLink => {
    if (!opened) throw new RangeError('the link is not open yet');
    return opened;
  };
  const bundles = bundleStore(config.bundle_dir);
  const publishing = publisher({
    jobs,
    store,
    targeting: targeting({ keys, facts, nodegroups }),
    completed: (request) => bundles.completed(request),
    link,
    clock: time,
    log: logOf(log, 'jobs'),
  });
  const progress = jobProgress();
  const taking = intake({
    store,
    bus,
    jobs,
    minions,
    progress,
    returners: Object.keys(config.returners),
    clock,
    log: logOf(log, 'jobs'),
    acknowledge: (session, n) => link().acknowledge(session, n),
    failed: ({ id }, reason) => link().close(id, `the master could not record what came: ${reason}`),
  });
  const present = sessions({
    store,
    bus,
    minions,
    publisher: publishing,
    intake: taking,
    clock,
    log: logOf(log, 'wire'),
  });
  const skew = versionSkew();
  const reader = mineReader({ book, keys, facts, nodegroups, rules: config.mine_access });
  const mining = mineDesk({ book, reader, keys, clock });
  const answers = questions({
    files,
    bundles,
    facts,
    stateEvents: config.state_events,
    pillarOf,
    tops: () => topsOf(config, files.environments()),
    mine: mining.questions,
  });
  opened = await listen(
    {
      interface: config.interface,
      publishPort: config.publish_port,
      requestPort: config.ret_port,
      identity,
      curve,
      clock: time,
      log: logOf(log, 'wire'),
    },
    {
      admit: (applicant) => skew.judge(applicant, keys.admit(applicant)),
      opened: (session) => present.opened(session),
      received: (session, items) => taking.take(session, items),
      asked: answers,
      room: (session) => present.room(session),
      closed: (session, reason) => present.closed(session, reason),
      fenced: (id, reason) => present.fenced(id, reason),
    },
  );
  keys.onChange((id, state, before) => {
    if (!state) skew.forget(id);
    if (state !== 'accepted' && before === 'accepted') {
      link().close(id, state ? `its key is ${state}` : 'its key was deleted');
    }
    link().reconsider(id);
  });
  keys.onOver((id) => link().reconsider(id));
  return {
    link: opened,
    publisher: publishing,
    progress,
    mine: reader,
    mineStats: () => mining.stats(),
    tooOld: skew.tooOld,
    notConnected: (id) => (isMinionId(id) && link().sessions.has(id) ? undefined : present.lastSeen(id)),
    stats: () => taking.stats(),
  };
}
