import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';

const script = path.resolve('dist/cli/main.js');

/** Files that a command line opens as modules: CommonJS and native ones as Node counts them, compiled ones by a hook. */
function modulesOf(t: { teardown(f: () => void): void }, ...argv: string[]): { loaded: string[]; stdout: string } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-startup-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const list = path.join(directory, 'loaded');
  const hooks = path.join(directory, 'hooks.mjs');
  writeFileSync(
    hooks,
    `import { appendFileSync } from 'node:fs';
     export async function load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + '\\n'); return next(url, context); }`,
  );
  const main = `import { register } from 'node:module';
    import { pathToFileURL } from 'node:url';
    register(pathToFileURL(${JSON.stringify(hooks)}));
    const { main } = await import(pathToFileURL(${JSON.stringify(script)}).href);
    process.exitCode = await main(process.argv.slice(1));`;
  const { stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', main, '--', ...argv.slice(0, 1), '--config-dir', directory, ...argv.slice(1)],
    { encoding: 'utf8' },
  );
  return { stdout, loaded: readFileSync(list, 'utf8').split('\n') };
}

test('call --local test.ping: loads no socket library, no database, no web server', (t) => {
  const { loaded, stdout } = modulesOf(t, 'call', '--local', '--out', 'json', 'test.ping');
  t.deepEqual(JSON.parse(stdout), { local: true });
  t.true(loaded.some((url) => url.endsWith('/minion/local.js')));
  const heavy = ['zeromq', 'lmdb', 'msgpackr', 'tweetnacl', 'diff'];
  const rooms = ['wire', 'store', 'master', 'web', 'reactors', 'cluster'];
  t.deepEqual(
    loaded.filter((url) => {
      const [, dependency, room] = /\/node_modules\/([^/]+)\/|\/dist\/([^/]+)\//.exec(url) ?? [];
      return heavy.includes(dependency ?? '') || rooms.includes(room ?? '') || url === 'node:http';
    }),
    [],
  );
});

test('key list without a master: needs neither the socket library nor the database', (t) => {
  const { loaded } = modulesOf(t, 'key', 'list');
  t.true(loaded.some((url) => url.endsWith('/wire/local/client.js')));
  t.deepEqual(
    loaded.filter((url) => /\/node_modules\/(zeromq|lmdb)\//.test(url)),
    [],
  );
});

test('state.apply: what reads modules is loaded for a tree that has one, and only then', (t) => {
  const tree = mkdtempSync(path.join(os.tmpdir(), 'tsalt-startup-'));
  t.teardown(() => rmSync(tree, { recursive: true, force: true }));
  writeFileSync(path.join(tree, 'plain.sls'), 'x: test.nop\n');
  writeFileSync(path.join(tree, 'typed.sls'), "#!ts\nexport default { x: 'test.nop' };\n");
  const loadedFor = (sls: string) =>
    modulesOf(t, 'call', '--local', '--file-root', tree, 'state.apply', sls, 'test=True').loaded.filter((url) =>
      /\/(?:acorn|@swc)\/|\/lib\/modules\//.test(url),
    );
  t.deepEqual(loadedFor('plain'), []);
  t.true(loadedFor('typed').length > 0);
});
