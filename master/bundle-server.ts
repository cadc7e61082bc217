import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { bundlesIn } from '../lib/bundle-index.ts';
import type { Log } from '../lib/log.ts';

export interface BundleServerOptions {
  readonly interface: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Holds bundles, named `<sha256>.tar.gz`; anything else in it is not served. */
  readonly directory: string;
  /** What `/master_key` says. */
  readonly masterKey: string;
  readonly log: Log;
}

export interface BundleServer {
  /** The port really bound. */
  readonly port: number;
  readonly stats: Readonly<{ served: number; refused: number }>;
  stop(): Promise<void>;
}

/** Machines beyond these wait; user-data tries again. */
const mostConnections = 256;

/**
 * Serves what a machine needs before it can hold a conversation: bundles by the hash of their bytes, and the master's key.
 * Plain HTTP, for who fetches a bundle knows its hash. Nothing of a request is ever a path: it is looked for among the
 * names that are there. Raises Node's error when the port can't be bound.
 */
export async function serveBundles(options: BundleServerOptions): Promise<BundleServer> {
  const stats = { served: 0, refused: 0 };
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 4096 },
    (request, response) => {
      answer(request, response, options, stats);
    },
  );
  server.maxConnections = mostConnections;
  // One that stops reading is not waited for.
  server.setTimeout(60_000);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.interface, resolve);
  });
  const { port } = server.address() as AddressInfo;
  options.log('info', 'bundles are served', { port, directory: options.directory });
  return {
    port,
    stats,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { directory, masterKey, log }: BundleServerOptions,
  stats: { served: number; refused: number },
): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const refuse = (status: number) => {
    stats.refused++;
    response.writeHead(status, { Connection: 'close' }).end();
  };
  if (method !== 'GET' && method !== 'HEAD') return refuse(405);
  if (url === '/master_key') {
    stats.served++;
    response.setHeader('Content-Type', 'text/plain');
    response.end(method === 'GET' ? `${masterKey}\n` : undefined);
    return;
  }
  const name = bundlesIn(directory).find((bundle) => url === `/${bundle}`);
  if (name === undefined) return refuse(404);
  if (method === 'HEAD') return void response.end();
  const file = createReadStream(path.join(directory, name));
  file.once('open', () => response.writeHead(200, { 'Content-Type': 'application/gzip' }));
  pipeline(file, response, (error) => {
    if (!error) stats.served++;
    else log('warning', 'a bundle was not sent whole', { bundle: name, reason: error.message });
  });
}
