import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP link that can be cut without either end being told. */
export interface Proxy {
  readonly port: number;
  /** Forwards nothing any more, in either direction, and closes nothing; connections are taken and stay silent. */
  cut(): void;
  /** New connections go through again; the ones from before stay dead, as behind a router that has forgotten them. */
  heal(): void;
  close(): void;
}

/** Forwards a port of 127.0.0.1 of its own (or the one asked for) to another one there. */
export async function startProxy(target: number, port = 0): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => {});
    if (isCut) return;
    const far = connect(target, '127.0.0.1');
    sockets.add(far);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal() {
      isCut = false;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
