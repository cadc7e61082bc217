import type { ExecutionContext } from 'ava';
import { Context, Dealer, Subscriber } from 'zeromq';
import { parseMinionId } from '../../lib/ids.ts';
import { Channel } from '../../wire/channel.ts';
import { MinionHandshake } from '../../wire/handshake.ts';
import { generateCurveKeys, generateIdentity, sha256 } from '../../wire/keys.ts';
import type { ListenOptions } from '../../wire/types.ts';
import { z85 } from '../../wire/z85.ts';
import {
  accepted,
  manifest,
  startMaster,
  startMinion,
  tap,
  until,
  type TestMaster,
  type TestMinion,
} from '../wire/kit.ts';

/* Peers that do not play by the rules, over real sockets. */

const context = new Context({ blocky: false, maxSockets: 4096 });

export type Skin = 'right' | 'wrong' | 'none';

/** What a peer of CURVE needs: the master's public key, another one, or none at all. */
function skin(master: TestMaster, which: Skin) {
  if (which === 'none') return { context, linger: 0 };
  const own = generateCurveKeys();
  const server = which === 'right' ? master.curve : generateCurveKeys();
  return {
    context,
    linger: 0,
    curveServerKey: z85(server.publicKey),
    curvePublicKey: z85(own.publicKey),
    curveSecretKey: z85(own.secretKey),
  };
}

export interface Raw {
  send(frame: Buffer): Promise<void>;
  readonly answers: Buffer[];
  close(): void;
}

/** A peer that says whatever it likes to the request port. */
export function raw(t: Pick<ExecutionContext, 'teardown'>, master: TestMaster, which: Skin = 'right'): Raw {
  const dealer = new Dealer(skin(master, which));
  dealer.connect(`tcp://127.0.0.1:${master.link.ports.request}`);
  t.teardown(() => dealer.close());
  const answers: Buffer[] = [];
  void (async () => {
    for await (const [frame] of dealer) if (frame) answers.push(frame);
  })();
  return { answers, send: (frame) => dealer.send(frame), close: () => dealer.close() };
}

/** A minion built by hand, with the right keys, that can say anything inside its session. */
export async function rogue(t: ExecutionContext, master: TestMaster, id: string): Promise<Raw & { channel: Channel }> {
  const peer = raw(t, master);
  const handshake = new MinionHandshake(generateIdentity(), sha256(master.identity.publicKey));
  await peer.send(handshake.hello);
  const challenge = await until('a challenge', () => peer.answers[0]);
  const claim = { id: parseMinionId(id), incarnation: 'rogue', generation: 1, outbox: 'box' };
  const answer = handshake.answer(challenge, claim);
  if ('refused' in answer) throw new Error(answer.refused);
  await peer.send(answer.proof);
  await until('a verdict', () => peer.answers[1]);
  return { ...peer, channel: answer.channel };
}

/** What a subscriber hears that asks for these topics on the publish port. */
export function eavesdrop(t: ExecutionContext, master: TestMaster, ...topics: (string | Buffer)[]): Buffer[][] {
  const subscriber = new Subscriber(skin(master, 'right'));
  t.teardown(() => subscriber.close());
  subscriber.subscribe(...topics);
  subscriber.connect(`tcp://127.0.0.1:${master.link.ports.publish}`);
  const heard: Buffer[][] = [];
  void (async () => {
    for await (const frame of subscriber) heard.push(frame);
  })();
  return heard;
}

/** One of the master's own counters. */
export const count = (master: TestMaster, name: string): number => master.link.stats()[name] ?? 0;

/** A master with one good minion, and a tap on the master's sockets. */
export async function standing(t: ExecutionContext, given: Partial<ListenOptions> = {}) {
  const tapped = tap();
  const master = await startMaster(t, { sockets: tapped.sockets, ...given });
  const minion = startMinion(t, master, 'good');
  await accepted(minion);
  return { tapped, master, minion };
}

/** Nothing of what happened reached a handler, and the good minion works as before. */
export async function untouched(t: ExecutionContext, master: TestMaster, minion: TestMinion): Promise<void> {
  const job = manifest();
  master.link.publish(job, [{ session: master.session('good'), args: { arg: [], kwarg: {} } }]);
  await until('the good minion has its job', () => minion.jobs.some((one) => one.manifest.jid === job.jid));
  t.deepEqual(await minion.link.ask('ping', {}), { question: 'ping' });
  t.deepEqual(master.items, []);
  t.is(minion.jobs.length, 1);
  t.deepEqual(
    minion.states.map(({ state }) => state),
    ['connecting', 'accept'],
  );
  t.is(master.applicants.length, 1);
}
