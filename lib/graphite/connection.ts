import { connect, type Socket } from 'node:net';

/*
 * Graphite's plaintext port. The protocol knows no acknowledgement; but carbon closes a connection that was closed on our
 * side when it has read to the end, and only then.
 */

/** Sends lines over a connection of their own. Resolves when the peer has read them all; raises Node's errors, a `RangeError`. */
export async function sendLines(host: string, port: number, lines: string, signal: AbortSignal): Promise<void> {
  const peer = connect({ host, port, signal });
  try {
    const over = closedByPeer(peer);
    peer.end(lines);
    await over;
  } finally {
    peer.destroy();
  }
}

/** Resolves when the peer closes after we said we were done; rejects on any other end. */
export function closedByPeer(peer: Socket): Promise<void> {
  const over = new Promise<void>((resolve, reject) => {
    let ours = false;
    peer.on('finish', () => (ours = true));
    peer.on('error', reject);
    peer.on('end', () => (ours ? resolve() : reject(new RangeError('the peer closed the connection'))));
    peer.on('close', () => reject(new RangeError('the connection was closed')));
    // The peer never talks; its end is only seen when what it says is read.
    peer.resume();
  });
  over.catch(() => {});
  return over;
}

/** Resolves at the next event of that name. */
export function once(peer: Socket, event: 'connect' | 'drain'): Promise<void> {
  return new Promise((resolve) => peer.once(event, resolve));
}
