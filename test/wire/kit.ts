import type { ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import { jidMaker, parseMinionId, type Jid } from '../../lib/ids.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { connect } from '../../wire/connect.ts';
import { MasterHandshake, MinionHandshake } from '../../wire/handshake.ts';
import { generateCurveKeys, generateIdentity, sha256, type CurveKeys, type Identity } from '../../wire/keys.ts';
import { listen } from '../../wire/listen.ts';
import { masterKeyOf } from '../../wire/master-key.ts';
import {
  openMasterSockets,
  type MasterSocketEvents,
  type MasterSockets,
  type OpenMasterSockets,
} from '../../wire/sockets.ts';
import { patienceMs } from '../kit/eventually.ts';
import type {
  Applicant,
  ConnectOptions,
  JobArguments,
  JobManifest,
  ListenOptions,
  MasterLink,
  MasterSession,
  MinionLink,
  MinionLinkState,
  UpItem,
  Verdict,
} from '../../wire/types.ts';

/** Waits until `ready` gives something; fails the test when it takes too long. */
export async function until<T>(what: string, ready: () => T | undefined | false, ms = patienceMs): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = ready();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Both ends of a handshake that has come to its challenge, of a minion that expects the master with the pinned key. */
export function handshake(self: Identity, master: Identity, pinned = master) {
  const one = new MinionHandshake(self, sha256(pinned.publicKey));
  const other = MasterHandshake.begin(one.hello, master, 1_700_000_000_000);
  if (!other) throw new Error('the hello was refused');
  return { one, other };
}

/** The bytes, with one bit of one of them another. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] ?? 0) ^ (1 << (at % 8));
  return other;
}

export const nextJid: () => Jid = jidMaker(() => Date.now());

export function manifest(fun = 'test.ping', expires = Date.now() + 60_000): JobManifest {
  return { jid: nextJid(), fun, user: 'root', expires };
}

/** A master on any ports that notes what it is told. */
export interface TestMaster {
  readonly link: MasterLink;
  readonly identity: Identity;
  readonly curve: CurveKeys;
  readonly applicants: Applicant[];
  readonly opened: MasterSession[];
  readonly closed: { session: MasterSession; reason: string }[];
  readonly items: { session: MasterSession; item: UpItem }[];
  /** Called when a session has room again. */
  room: (session: MasterSession) => void;
  /** May be replaced while it runs. */
  admit: (applicant: Applicant) => Verdict;
  asked: (session: MasterSession, question: string, body: JsonMap) => Promise<JsonMap>;
  /** Acknowledge at once what is received. */
  acknowledges: boolean;
  session(id: string): MasterSession;
}

export async function startMaster(t: ExecutionContext, given: Partial<ListenOptions> = {}): Promise<TestMaster> {
  const identity = given.identity ?? generateIdentity();
  const curve = given.curve ?? generateCurveKeys();
  const master: Omit<TestMaster, 'link'> & { link?: MasterLink } = {
    identity,
    curve,
    applicants: [],
    opened: [],
    closed: [],
    items: [],
    room: () => {},
    admit: () => ({ act: 'accept', durable: 0 }),
    asked: (_session, question, body) => Promise.resolve({ question, ...body }),
    acknowledges: true,
    session(id) {
      const found = this.link?.sessions.get(parseMinionId(id));
      if (!found) throw new Error(`no session of ${id}`);
      return found;
    },
  };
  const link = await listen(
    {
      interface: '127.0.0.1',
      publishPort: 0,
      requestPort: 0,
      clock: systemClock,
      log: silent,
      ...given,
      identity,
      curve,
    },
    {
      admit(applicant) {
        master.applicants.push(applicant);
        return master.admit(applicant);
      },
      opened: (session) => void master.opened.push(session),
      received(session, items) {
        for (const item of items) master.items.push({ session, item });
        const last = items.at(-1);
        if (master.acknowledges && last) master.link?.acknowledge(session, last.n);
      },
      asked: (session, question, body) => master.asked(session, question, body),
      room: (session) => master.room(session),
      closed: (session, reason) => void master.closed.push({ session, reason }),
    },
  );
  t.teardown(() => link.stop());
  return Object.assign(master, { link });
}

/** A minion that notes what it is told. */
export interface TestMinion {
  readonly link: MinionLink;
  readonly identity: Identity;
  readonly states: MinionLinkState[];
  readonly jobs: { manifest: JobManifest; args: JobArguments }[];
  readonly acknowledged: number[];
}

export function startMinion(
  t: ExecutionContext,
  master: Pick<TestMaster, 'identity' | 'curve' | 'link'>,
  id = 'm1',
  given: Partial<ConnectOptions> = {},
): TestMinion {
  const identity = given.identity ?? generateIdentity();
  const states: MinionLinkState[] = [];
  const jobs: TestMinion['jobs'] = [];
  const acknowledged: number[] = [];
  const link = connect(
    {
      master: '127.0.0.1',
      port: master.link.ports.request,
      masterKey: masterKeyOf(master.identity, master.curve),
      id: parseMinionId(id),
      incarnation: 'first',
      generation: 1,
      outbox: 'box',
      clock: systemClock,
      log: silent,
      ...given,
      identity,
    },
    {
      changed: (state) => void states.push(state),
      job: (job, args) => void jobs.push({ manifest: job, args }),
      acknowledged: (n) => void acknowledged.push(n),
    },
  );
  t.teardown(() => link.stop());
  return { link, identity, states, jobs, acknowledged };
}

export function accepted(minion: TestMinion): Promise<true> {
  return until('the minion is accepted', () => minion.link.state.state === 'accept' || undefined);
}

/** Sockets of a master that note what passes, and let a test take something out or put something in. */
export interface Tap {
  readonly sockets: OpenMasterSockets;
  readonly up: { route: string; frame: Buffer }[];
  readonly down: { route: string; frame: Buffer }[];
  readonly published: { topic: Buffer; frame: Buffer }[];
  /** Whether a published frame is to get lost. */
  loses: (frame: Buffer) => boolean;
  /** The publish port that minions are told, if it is another one. */
  publishPort: number | undefined;
  /** What the master receives in place of a minion's frame. */
  becomes: (frame: Buffer) => Buffer[];
  putUp(route: string, frame: Buffer): void;
  putDown(route: string, frame: Buffer): void;
  putPublished(topic: Buffer, frame: Buffer): void;
}

export function tap(): Tap {
  let events: MasterSocketEvents | undefined;
  let real: MasterSockets | undefined;
  const self: Tap = {
    up: [],
    down: [],
    published: [],
    loses: () => false,
    publishPort: undefined,
    becomes: (frame) => [frame],
    async sockets(options, given) {
      events = given;
      const opened = await openMasterSockets(options, {
        received(route, frame) {
          self.up.push({ route, frame });
          for (const one of self.becomes(frame)) given.received(route, one);
        },
        subscribing: (topic) => given.subscribing(topic),
        unreachable: (route, reason) => given.unreachable(route, reason),
        routes: () => given.routes(),
        count: (name) => given.count(name),
      });
      real = opened;
      return {
        get ports() {
          return { ...opened.ports, publish: self.publishPort ?? opened.ports.publish };
        },
        send(route, frame) {
          self.down.push({ route, frame });
          opened.send(route, frame);
        },
        publish(topic, frame) {
          self.published.push({ topic, frame });
          if (!self.loses(frame)) opened.publish(topic, frame);
        },
        stop: () => opened.stop(),
      };
    },
    putUp: (route, frame) => events?.received(route, frame),
    putDown: (route, frame) => real?.send(route, frame),
    putPublished: (topic, frame) => real?.publish(topic, frame),
  };
  return self;
}
