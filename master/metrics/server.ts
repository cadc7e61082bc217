import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../lib/log.ts';
import { messageOf } from '../../lib/errors/error.ts';

export interface MetricsServerOptions {
  readonly interface: string;
  /** 0: any. */
  readonly port: number;
  /** The text of a scrape. */
  readonly text: () => string;
  readonly log: Log;
}

export interface MetricsServer {
  /** The port really bound. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Who asks at the same time beyond these waits. */
const mostConnections = 16;

/** Serves `GET /metrics`, and nothing else, over plain HTTP. Raises Node's error when the port can't be bound. */
export async function serveMetrics({
  interface: address,
  port,
  text,
  log,
}: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 4096 },
    ({ method, url }, response) => {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      const path = url?.replace(/\?.*$/s, '');
      if (path !== '/metrics') return void response.writeHead(404).end();
      if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      try {
        const body = text();
        response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
        response.end(method === 'HEAD' ? undefined : body);
      } catch (thrown) {
        log('error', 'the metrics could not be made', { reason: messageOf(thrown) });
        response.writeHead(500).end();
      }
    },
  );
  server.maxConnections = mostConnections;
  server.setTimeout(10_000);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  log('info', 'metrics are served', { address, port: bound });
  return {
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
