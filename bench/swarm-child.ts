import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../lib/clock.ts';
import { parseMinionId } from '../lib/ids.ts';
import { silent } from '../lib/log.ts';
import { connect } from '../wire/connect.ts';
import { generateIdentity } from '../wire/keys.ts';
import { parseMasterKey } from '../wire/master-key.ts';
import type { MinionLink, UpItem } from '../wire/types.ts';
import { sharedNow, type Site } from './site.ts';

export type ToSwarm =
  | { readonly type: 'connect'; readonly address: Site['address']; readonly ids: readonly string[] }
  /** Each link fires so many events without waiting for an answer; each in a message of its own, unless `together`. */
  | { readonly type: 'fire'; readonly count: number; readonly together: boolean }
  | { readonly type: 'one' }
  /** So many events a second, spread evenly over the links, for so many seconds. */
  | { readonly type: 'stream'; readonly perSecond: number; readonly seconds: number };
export type FromSwarm = { readonly type: 'acknowledged' } | { readonly type: 'counted'; readonly accepted: number };

/** One simulated minion: what it has to send, kept until the master has it. Of a job it says that it is done, at once, as a minion does of a quick function. */
class Sender {
  readonly #link: MinionLink;
  readonly #together: () => boolean;
  /** What the master has not acknowledged. */
  readonly #items: UpItem[] = [];
  #made = 0;
  #sent = 0;
  #acknowledged = 0;
  #pumping = false;
  readonly #waits: (() => void)[] = [];
  isAccepted = false;

  constructor(id: string, address: Site['address'], together: () => boolean) {
    this.#together = together;
    this.#link = connect(
      {
        master: address.master,
        port: address.master_port,
        masterKey: parseMasterKey(address.master_key),
        id: parseMinionId(id),
        identity: generateIdentity(),
        incarnation: 'bench',
        generation: 1,
        outbox: 'bench',
        clock: systemClock,
        log: silent,
      },
      {
        changed: (state) => {
          this.isAccepted = state.state === 'accept';
          if (state.state !== 'accept') return;
          this.#sent = state.durable;
          this.#pump();
        },
        job: ({ jid }) => {
          void this.#add('return', { jid, success: true, retcode: 0, out: 'nested', text: 'true', part: 1, parts: 1 });
        },
        acknowledged: (n) => {
          const count = n - this.#acknowledged;
          this.#acknowledged = n;
          this.#items.splice(0, count);
          for (const done of this.#waits.splice(0, count)) done();
        },
      },
    );
  }

  /** Resolves when the master has acknowledged it. */
  fire(): Promise<void> {
    return this.#add('event', { tag: 'bench/fired', data: { n: this.#made + 1, at: sharedNow() } });
  }

  #add(kind: UpItem['kind'], body: UpItem['body']): Promise<void> {
    const n = ++this.#made;
    this.#items.push({ n, kind, body });
    this.#pump();
    return new Promise((done) => this.#waits.push(done));
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const next = (): void => {
      const item = this.#items[this.#sent - this.#acknowledged];
      this.#pumping = item !== undefined && this.#link.send(item);
      if (!this.#pumping) return;
      this.#sent++;
      // What is handed over in one turn travels as one message.
      if (this.#together()) process.nextTick(next);
      else setImmediate(next);
    };
    next();
  }
}

let senders: readonly Sender[] = [];
let together = false;
process.on('message', (message: ToSwarm) => void take(message));
process.on('disconnect', () => process.exit());

const tell = (message: FromSwarm): void => void process.send?.(message);

async function take(message: ToSwarm): Promise<void> {
  switch (message.type) {
    case 'connect':
      senders = message.ids.map((id) => new Sender(id, message.address, () => together));
      return;
    case 'one':
      return senders[0]?.fire();
    case 'fire':
      together = message.together;
      await Promise.all(senders.flatMap((sender) => Array.from({ length: message.count }, () => sender.fire())));
      return tell({ type: 'acknowledged' });
    case 'stream':
      await stream(message.perSecond, message.seconds);
      return tell({ type: 'acknowledged' });
  }
}

/** Evenly: each turn fires what is due by now. */
async function stream(perSecond: number, seconds: number): Promise<void> {
  const begun = performance.now();
  const all = perSecond * seconds;
  const waits: Promise<void>[] = [];
  while (waits.length < all) {
    const due = Math.min(all, ((performance.now() - begun) / 1000) * perSecond);
    while (waits.length < due) waits.push(senders[waits.length % senders.length]?.fire() ?? Promise.resolve());
    await pause(1);
  }
  await Promise.all(waits);
}

/** How many of them are connected is told as it changes. */
let counted = -1;
setInterval(() => {
  const accepted = senders.filter(({ isAccepted }) => isAccepted).length;
  if (accepted !== counted) tell({ type: 'counted', accepted });
  counted = accepted;
}, 20).unref();
