import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `up` is towards the target. */
export type Way = 'up' | 'down';

export interface Pace {
  /** Each piece of bytes waits so many ms. */
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

/** A TCP link that can be cut, slowed down and lied on without either end being told. */
export interface Proxy {
  readonly port: number;
  /** Forwards nothing any more, in either direction or in one, and closes nothing; connections are taken and stay silent. */
  cut(way?: Way): void;
  /** New connections go through again, at full pace; the ones from before stay dead, as behind a router that has forgotten them. */
  heal(): void;
  /** From now on, in both directions. */
  slow(pace: Pace): void;
  /** Resets every connection. */
  reset(): void;
  /** One end of every connection is gone, and the other one is not told. */
  halve(end: 'near' | 'far'): void;
  /** The next piece of bytes is forwarded twice, or after the one behind it. */
  garble(how: 'twice' | 'swapped', way: Way): void;
  /** The bytes that the first connections sent up, at most a megabyte of them all. */
  readonly recorded: readonly Buffer[];
  close(): void;
}

export interface ProxyOptions {
  /** One of its own unless given. */
  readonly port?: number;
  /** Where it listens; the target is at 127.0.0.1. */
  readonly host?: string;
}

const MOST_RECORDED = 1 << 20;

/** Forwards a port of 127.0.0.1, or of another address of this machine, to `target` of 127.0.0.1. */
export async function startProxy(target: number, { port = 0, host = '127.0.0.1' }: ProxyOptions = {}): Promise<Proxy> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  const silent = new Set<Socket>();
  const cuts = new Set<Way>();
  /** A connection from before the last cut of a way forwards nothing on it. */
  const ages = { up: 0, down: 0 };
  const garbled = new Map<Way, 'twice' | 'swapped'>();
  const recorded: Buffer[] = [];
  let recordedBytes = 0;
  let pace: Pace = {};

  async function forward(from: Socket, to: Socket, way: Way): Promise<void> {
    const age = ages[way];
    const isDead = (): boolean => age !== ages[way] || cuts.has(way);
    let held: Buffer | undefined;
    for await (const piece of from) {
      const bytes = piece as Buffer;
      const { delayMs = 0, bytesPerSecond = Infinity } = pace;
      if (way === 'up') record(bytes);
      const wait = delayMs + (bytes.length / bytesPerSecond) * 1000;
      if (wait > 0) await delay(wait);
      // For ever: neither end is told.
      if (isDead()) return void (await new Promise(() => {}));
      const how = garbled.get(way);
      garbled.delete(way);
      if (how === 'swapped') {
        held = bytes;
        continue;
      }
      const out = Buffer.concat([bytes, ...(held ? [held] : []), ...(how === 'twice' ? [bytes] : [])]);
      held = undefined;
      if (!to.write(out) && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
  }

  function record(bytes: Buffer): void {
    if (recordedBytes + bytes.length > MOST_RECORDED) return;
    recordedBytes += bytes.length;
    recorded.push(bytes);
  }

  const server = createServer((near) => {
    near.on('error', () => {});
    if (cuts.size === 2) {
      silent.add(near);
      return;
    }
    const far = connect(target, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    far.on('error', () => {});
    // Of a pair that was halved neither end hears of the other.
    near.on('close', () => pairs.delete(pair) && far.destroy());
    far.on('close', () => pairs.delete(pair) && near.destroy());
    // An end that is reset ends its forwarding.
    forward(near, far, 'up').catch(() => {});
    forward(far, near, 'down').catch(() => {});
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    recorded,
    cut(way) {
      for (const one of way === undefined ? (['up', 'down'] as const) : [way]) {
        cuts.add(one);
        ages[one]++;
      }
    },
    heal() {
      cuts.clear();
      pace = {};
    },
    slow(wanted) {
      pace = wanted;
    },
    reset() {
      for (const { near, far } of pairs) for (const socket of [near, far]) socket.resetAndDestroy();
    },
    halve(end) {
      for (const pair of pairs) {
        pairs.delete(pair);
        pair[end].destroy();
        silent.add(pair[end === 'near' ? 'far' : 'near']);
      }
    },
    garble: (how, way) => void garbled.set(way, how),
    close() {
      server.close();
      for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy();
      for (const socket of silent) socket.destroy();
      pairs.clear();
    },
  };
}
