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
  | { readonly type: 'one' };
export type FromSwarm = { readonly type: 'acknowledged' };

/** One simulated minion: what it has to send, and how far the master has it. */
class Sender {
  readonly #link: MinionLink;
  #sent = 0;
  #acknowledged = 0;
  #wanted = 0;
  #pumping = false;
  #together = false;
  #done: () => void = () => {};

  constructor(id: string, address: Site['address']) {
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
          if (state.state === 'accept') this.#pump();
        },
        job: () => {},
        acknowledged: (n) => {
          this.#acknowledged = n;
          if (n >= this.#wanted) this.#done();
        },
      },
    );
  }

  /** Resolves when the master has acknowledged all of them. */
  fire(count: number, together: boolean): Promise<void> {
    this.#together = together;
    this.#wanted = this.#sent + count;
    this.#pump();
    if (this.#acknowledged >= this.#wanted) return Promise.resolve();
    return new Promise((resolve) => (this.#done = resolve));
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const next = (): void => {
      this.#pumping = this.#sent < this.#wanted && this.#link.send(eventItem(this.#sent + 1));
      if (!this.#pumping) return;
      this.#sent++;
      // What is handed over in one turn travels as one message.
      if (this.#together) process.nextTick(next);
      else setImmediate(next);
    };
    next();
  }
}

function eventItem(n: number): UpItem {
  return { n, kind: 'event', body: { tag: 'bench/fired', data: { n, at: sharedNow() } } };
}

let senders: readonly Sender[] = [];
process.on('message', (message: ToSwarm) => void take(message));
process.on('disconnect', () => process.exit());

async function take(message: ToSwarm): Promise<void> {
  if (message.type === 'connect') senders = message.ids.map((id) => new Sender(id, message.address));
  else if (message.type === 'one') await senders[0]?.fire(1, false);
  else {
    await Promise.all(senders.map((sender) => sender.fire(message.count, message.together)));
    const done: FromSwarm = { type: 'acknowledged' };
    process.send?.(done);
  }
}
