import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { makeBundle } from '../../cli/demo/bundle.ts';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';
import { packageRoot } from '../../cli/package-root.ts';
import { silent } from '../../lib/log.ts';
import { serveBundles } from '../../master/bundle-server.ts';
import { eventually, openHosts } from './kit.ts';

/** Runs a command line inside this process. */
async function tsalt(
  ...argv: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 120,
    env: process.env,
    cwd: '/',
    interrupted: new AbortController().signal,
  };
  return { code: await main(argv, io), out, err };
}

test.serial(
  'demo: by real machines that were given nothing but user-data, all is seen and the service restarted',
  async (t) => {
    const command = [path.join(packageRoot(), 'bin/tsalt.cjs'), 'demo', '--provider', 'nspawn', '--once'];
    const { code, out } = await new Promise<{ code: number | null; out: string }>((resolve) => {
      const child = execFile(process.execPath, command, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, out: stdout + stderr }),
      );
    });
    t.is(code, 0, out);
    t.regex(out, /nginx was process (\d+), is process (?!\1\b)\d+/);
    t.notRegex(out, /✘ \d/);
  },
);

test.serial('head node: a bare Debian with nothing but user-data, is master, minion and Graphite', async (t) => {
  const hosts = await openHosts({ packages: ['graphite-carbon'] });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-head-'));
  t.teardown(async () => {
    await hosts.close();
    rmSync(folder, { recursive: true });
  });
  await makeBundle(folder);
  const server = await serveBundles({
    interface: hosts.gateway,
    port: 0,
    directory: folder,
    masterKey: 'K',
    log: silent,
  });
  t.teardown(() => server.stop());
  const from = `http://${hosts.gateway}:${server.port}`;
  const made = await tsalt('user-data', 'head-1', '--role', 'master', '--bundle-dir', folder, '--bundles-from', from);
  t.is(made.code, 0, made.err);

  const head = await hosts.boot('head-1', made.out);
  // From here on it stands on its own.
  await server.stop();
  const log = await head.run('cat', '/var/log/cloud-init-output.log');
  t.true(log.includes('tsalt: head-1 is installed'), log);
  const services = ['tsalt-master', 'tsalt-minion', 'carbon-cache'];
  t.is(await head.run('systemctl', 'is-active', ...services), 'active\nactive\nactive');
  t.is(await head.run('systemctl', 'is-enabled', ...services), 'enabled\nenabled\nenabled');
  t.deepEqual(JSON.parse(await head.run('tsalt', 'exec', 'head-1', 'test.ping', '--out', 'json')), { 'head-1': true });
  // Samples of its own minion, stored by its own carbon.
  const load = '/var/lib/graphite/whisper/head-1/load';
  await eventually('its load is stored', async () => (await head.exec(['test', '-d', load])).code === 0);

  // Of a second run of its states, nothing is left to do.
  const again = JSON.parse(await head.run('tsalt', 'call', '--local', 'state.apply', '--out', 'json')) as {
    local: Record<string, { changes: object; result: boolean }>;
  };
  t.deepEqual([...new Set(Object.values(again.local).map(({ changes }) => Object.keys(changes).length))], [0]);

  await head.kill();
  await head.start();
  await head.booted();
  t.is(await head.run('systemctl', 'is-active', ...services), 'active\nactive\nactive');
  await eventually(
    'its minion is back',
    async () => (await head.exec(['tsalt', 'exec', 'head-1', 'test.ping'])).code === 0,
  );
});
