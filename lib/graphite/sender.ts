import { open, type FileHandle } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { backoff } from '../backoff.ts';
import { sleep, type Clock } from '../clock.ts';
import { messageOf } from '../errors/error.ts';
import type { Log } from '../log.ts';
import { closedByPeer, once } from './connection.ts';
import type { Segment, Spool } from './spool.ts';

export interface SenderOptions {
  readonly host: string;
  readonly port: number;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  /** A peer that takes nothing, or does not close, for so long is given up. */
  readonly stallMs?: number;
}

export interface Sender {
  stop(): Promise<void>;
  counters(): { readonly connections: number; readonly failures: number; readonly sentBytes: number };
}

const chunkBytes = 64 * 1024;

/**
 * Sends a spool's lines to Graphite's plaintext port, as they come. The protocol knows no acknowledgement, so each segment
 * has a connection of its own, and counts as arrived when the peer closes it in its turn, having read to the end; else the
 * whole segment is sent again, which changes nothing in Graphite (same path, time and value).
 */
export function startSender({ host, port, spool, clock, log, stallMs = 30_000 }: SenderOptions): Sender {
  const counters = { connections: 0, failures: 0, sentBytes: 0 };
  const waits = backoff(100, 10_000);
  let stopped = false;
  let socket: Socket | undefined;
  let wake = () => {};
  spool.onChange(() => wake());
  const changed = () => new Promise<void>((resolve) => (wake = resolve));

  async function run(): Promise<void> {
    while (!stopped) {
      const segment = spool.oldest();
      if (!segment) {
        await changed();
        continue;
      }
      try {
        await deliver(segment);
        waits.reset();
      } catch (error) {
        if (stopped) return;
        counters.failures++;
        log('warning', 'Graphite is away; samples are kept', { host, port, error: messageOf(error) });
        await Promise.race([sleep(clock, waits.next()), new Promise<void>((resolve) => (stopWaiting = resolve))]);
      }
    }
  }
  let stopWaiting = () => {};

  async function deliver(segment: Segment): Promise<void> {
    const file = await open(segment.file, 'r');
    const peer = (socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: 15_000 }));
    const over = closedByPeer(peer);
    try {
      await Promise.race([once(peer, 'connect'), over, late('no connection')]);
      counters.connections++;
      await Promise.race([stream(segment, file, peer), over]);
      if (segment.dropped) return;
      peer.end();
      await Promise.race([over, late('the connection was not closed')]);
      spool.remove(segment);
    } finally {
      peer.destroy();
      await file.close();
    }
  }

  /** Writes the segment from its start until it is closed and all of it is written. */
  async function stream(segment: Segment, file: FileHandle, peer: Socket): Promise<void> {
    const buffer = Buffer.alloc(chunkBytes);
    let sent = 0;
    while (!segment.dropped && !stopped) {
      if (sent === segment.bytes) {
        if (segment.closed) return;
        await changed();
        continue;
      }
      const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, segment.bytes - sent), sent);
      if (bytesRead === 0) return;
      sent += bytesRead;
      counters.sentBytes += bytesRead;
      const free = peer.write(Buffer.from(buffer.subarray(0, bytesRead)));
      if (!free) await Promise.race([once(peer, 'drain'), late('nothing is taken')]);
    }
  }

  async function late(what: string): Promise<never> {
    await sleep(clock, stallMs);
    throw new RangeError(`${what} within ${stallMs} ms`);
  }

  const running = run();
  return {
    async stop() {
      stopped = true;
      socket?.destroy();
      wake();
      stopWaiting();
      await running;
    },
    counters: () => ({ ...counters }),
  };
}
