import { createServer, type AddressInfo, type Socket } from 'node:net';
import test from 'ava';
import { carbonIsInstalled, startCarbon } from '../../cli/demo/carbon.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { event, never, opened, returned } from './kit.ts';

const withCarbon = needing('graphite-carbon', carbonIsInstalled());

withCarbon('graphite: the numbers of a return, are points of carbon at the time of the return', async (t) => {
  const carbon = await startCarbon();
  t.teardown(() => carbon.close());
  const returner = await opened('graphite', { host: carbon.host, port: carbon.port });
  const now = new Date().toISOString();
  const value = { '/': { used: 12, free: '34', text: 'x' } };
  await returner.send([returned(1, 'web1.example', 'disk.usage', value, { _stamp: `${now.slice(0, -1)}000` })], never);
  const series = await eventually(() => {
    const points = carbon.series('disk.usage.web1_example._.used');
    return points.length > 0 && points;
  });
  const seconds = Math.floor(Date.parse(now) / 1000);
  t.true(series.some(([time, point]) => point === 12 && Math.abs(time - seconds) <= 1));
});

/** A carbon that says what it read, and closes as `close` does. */
async function peer(t: { teardown(end: () => unknown): void }, close: (socket: Socket) => void) {
  const texts: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', () => {});
    socket.on('end', () => {
      texts.push(text);
      close(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { texts, port: (server.address() as AddressInfo).port };
}

test('graphite: a pattern like that of Salt, and events that are no returns', async (t) => {
  const { texts, port } = await peer(t, (socket) => socket.end());
  const returner = await opened('graphite', {
    host: '127.0.0.1',
    port,
    pattern: 'salt.[minion_id].[module].[function]',
  });
  await returner.send([returned(1, 'web1', 'status.load', 0.5), event(2, 'salt/auth', { id: 'web1', ts: 1 })], never);
  await returner.send([event(2, 'salt/auth', { id: 'web1', ts: 1 })], never);
  t.deepEqual(texts, ['salt.web1.status.load 0.5 1769903999\n']);
});

test('graphite: a very long name over many numbers, is left out and holds up nothing', async (t) => {
  const { texts, port } = await peer(t, (socket) => socket.end());
  const returner = await opened('graphite', { host: '127.0.0.1', port });
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`${i}`, i]));
  await returner.send([returned(1, 'web1', 'status.load', { ['k'.repeat(100_000)]: many, last: 1 })], never);
  t.deepEqual(texts, ['status.load.web1.last 1 1769903999\n']);
});

test('graphite: a connection that ends otherwise than by being closed after all was read, is a failure', async (t) => {
  const { port } = await peer(t, (socket) => socket.resetAndDestroy());
  const returner = await opened('graphite', { host: '127.0.0.1', port });
  await t.throwsAsync(returner.send([returned(1, 'web1', 'status.load', 0.5)], never));
  const silentPeer = await peer(t, () => {});
  const silent = await opened('graphite', { host: '127.0.0.1', port: silentPeer.port });
  const over = new AbortController();
  const sent = t.throwsAsync(silent.send([returned(1, 'web1', 'status.load', 0.5)], over.signal));
  await eventually(() => silentPeer.texts.length === 1);
  over.abort();
  await sent;
});
