import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silent } from '../../lib/log.ts';
import { serveBundles } from '../../master/bundle-server.ts';
import { pinnedKeyFile, trustFirstUse } from '../../minion/first-use.ts';
import { generateCurveKeys, generateIdentity } from '../../wire/keys.ts';
import { formatMasterKey, masterKeyOf } from '../../wire/master-key.ts';
import { fakeClock } from '../kit/clock.ts';

function setUp(t: ExecutionContext) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-first-use-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const told: string[] = [];
  const clock = fakeClock();
  const abort = new AbortController();
  const needs = {
    clock,
    signal: abort.signal,
    log: (level: string, message: string, facts?: object) =>
      void told.push(`${level} ${message} ${JSON.stringify(facts)}`),
  };
  const config = (port: number) => ({
    master: '127.0.0.1',
    master_key: '',
    trust_first_use: true,
    bundle_port: port,
    pki_dir: path.join(folder, 'pki'),
  });
  return { folder, told, clock, abort, needs, config };
}

const makeKey = () => formatMasterKey(masterKeyOf(generateIdentity(), generateCurveKeys()));

async function serve(t: ExecutionContext, directory: string, masterKey: string, port = 0) {
  const server = await serveBundles({ interface: '127.0.0.1', port, directory, masterKey, log: silent });
  t.teardown(() => server.stop());
  return server;
}

/** A port where nobody listens any more. */
async function silentPort(t: ExecutionContext, folder: string): Promise<number> {
  const server = await serve(t, folder, '');
  await server.stop();
  return server.port;
}

test('first use: a master that nobody vouched for, its key is told and kept for good', async (t) => {
  const { folder, told, needs, config } = setUp(t);
  const key = makeKey();
  const first = await serve(t, folder, key);
  const { port } = first;
  await trustFirstUse(config(port), needs);
  const pinned = pinnedKeyFile(config(port));
  t.is(readFileSync(pinned, 'utf8'), `${key}\n`);
  t.true(told.some((line) => line.startsWith('warning trusting') && line.includes(key)));
  await first.stop();
  const other = await serve(t, folder, makeKey());
  await trustFirstUse(config(other.port), needs);
  t.is(readFileSync(pinned, 'utf8'), `${key}\n`, 'another master is not asked again');
});

test('first use: a master that is not up yet, is asked until it is', async (t) => {
  const { folder, told, clock, needs, config } = setUp(t);
  const port = await silentPort(t, folder);
  const trusting = trustFirstUse(config(port), needs);
  while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  t.regex(told[0] ?? '', /can't be fetched yet/);
  const key = makeKey();
  await serve(t, folder, key, port);
  clock.advance(60_000);
  await trusting;
  t.is(readFileSync(pinnedKeyFile(config(port)), 'utf8'), `${key}\n`);
});

test('first use: something else that answers, is an error and nothing is kept', async (t) => {
  const { folder, needs, config } = setUp(t);
  const { port } = await serve(t, folder, 'tsalt1.not.a.key');
  await t.throwsAsync(trustFirstUse(config(port), needs), { code: 'TS_FIRST_USE_NO_KEY' });
  const endless = createServer((_, response) => response.end('x'.repeat(100_000)));
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
  t.teardown(() => endless.close());
  const { port: other } = endless.address() as AddressInfo;
  await t.throwsAsync(trustFirstUse(config(other), needs), { message: /too much/ });
  t.false(existsSync(pinnedKeyFile(config(port))));
});

test('first use: a minion that is stopped meanwhile, stops asking', async (t) => {
  const { folder, clock, abort, needs, config } = setUp(t);
  const port = await silentPort(t, folder);
  const trusting = trustFirstUse(config(port), needs);
  while (clock.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await trusting;
  t.false(existsSync(pinnedKeyFile(config(port))));
});

test('first use: a key that is known, or trust that is not asked for, fetches nothing', async (t) => {
  const { needs, config, told } = setUp(t);
  await trustFirstUse({ ...config(0), master_key: 'known' }, needs);
  await trustFirstUse({ ...config(0), trust_first_use: false }, needs);
  t.deepEqual(told, []);
});
