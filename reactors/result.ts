import path from 'node:path';
import type { ReactorFactory } from '../lib/contracts/reactor.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { sampleLines } from '../lib/graphite/lines.ts';
import { startSender } from '../lib/graphite/sender.ts';
import { openSpool } from '../lib/graphite/spool.ts';

/**
 * Forwards samples (`collector/result`) to Graphite. Config: `graphite.host` (none: samples are only counted),
 * `graphite.port`, `graphite.prefix`. Lines wait on disk until Graphite has read them; at most 64 MiB, the oldest go first.
 */
const result: ReactorFactory = ({ config, cachedir, clock, log }) => {
  const { 'graphite.host': host, 'graphite.port': port, 'graphite.prefix': prefix } = config;
  const target = typeof host === 'string' && host !== '' ? host : undefined;
  const spool = target === undefined ? undefined : openSpool({ directory: path.join(cachedir, 'graphite'), clock });
  const sender =
    target === undefined || !spool
      ? undefined
      : startSender({ host: target, port: typeof port === 'number' ? port : 2003, spool, clock, log });

  return {
    name: 'result',
    summary: 'forwards samples to Graphite',
    timeoutMs: 30_000,
    retry: { tries: 10, firstMs: 100, longestMs: 10_000 },
    async react({ data }) {
      const { id, data: sample } = data;
      if (typeof id !== 'string' || !isMap(sample)) return { skipped: 'no sample' };
      if (!spool) return { skipped: 'no graphite.host is configured' };
      const lines = sampleLines(id, sample as JsonMap, clock.now() / 1000, typeof prefix === 'string' ? prefix : '');
      if (lines.length === 0) return { skipped: 'no number in the sample' };
      spool.append(lines.join(''));
      return undefined;
    },
    async close() {
      await sender?.stop();
      spool?.close();
    },
  };
};

export default result;
