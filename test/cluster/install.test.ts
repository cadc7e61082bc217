import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';

const share = path.resolve(import.meta.dirname, '..', '..', '..', 'share');

/** A bundle that was unpacked somewhere, and a machine in a directory. */
function sandbox(t: ExecutionContext) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-install-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const versions = path.join(folder, 'machine', 'opt', 'tsalt');
  mkdirSync(versions, { recursive: true });
  const unpack = (version: string, where: string): string => {
    cpSync(share, where, { recursive: true });
    writeFileSync(path.join(where, 'package.json'), `{\n  "name": "tsalt",\n  "version": "${version}"\n}\n`);
    return where;
  };
  return {
    folder,
    versions,
    unpack,
    install: (tree: string): string => {
      const { status, stderr } = spawnSync('sh', [path.join(tree, 'install.sh'), 'minion'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], DESTDIR: path.join(folder, 'machine') },
      });
      t.is(status, 0, stderr);
      return readlinkSync(path.join(versions, 'current'));
    },
    previous: () => readlinkSync(path.join(versions, 'previous')),
    names: () => readdirSync(versions).filter((name) => /^\d/.test(name)),
  };
}

test('install: of a bundle unpacked anywhere, gives it a directory of its own, once', (t) => {
  const { folder, versions, unpack, install, names } = sandbox(t);
  const tree = unpack('0.1.0', path.join(folder, 'home', 'unpacked'));
  const first = install(tree);
  t.regex(first, /^0\.1\.0-[0-9a-f]{12}$/);
  t.true(existsSync(path.join(versions, first, '.complete')));
  t.true(existsSync(path.join(versions, 'current', 'bin', 'tsalt')));
  t.is(install(tree), first);
  t.is(install(path.join(versions, first)), first);
  t.deepEqual(names(), [first]);
  t.false(existsSync(path.join(versions, 'previous')));
});

test('install: of another version, leaves the one before it in place and says which it was', (t) => {
  const { folder, unpack, install, previous, names } = sandbox(t);
  const first = install(unpack('0.1.0', path.join(folder, 'one')));
  const second = install(unpack('0.2.0', path.join(folder, 'two')));
  t.deepEqual(names(), [first, second]);
  t.is(previous(), first);
  t.is(install(path.join(folder, 'one')), first);
  t.is(previous(), second);
});

test('install: where an earlier installer left a directory, or a link by its whole path, takes that over', (t) => {
  const { folder, versions, unpack, install, previous, names } = sandbox(t);
  unpack('0.0.8', path.join(versions, 'current'));
  const ninth = install(unpack('0.0.9', path.join(folder, 'nine')));
  t.deepEqual(names(), ['0.0.8-000000000000', ninth]);

  rmSync(path.join(versions, 'current'));
  symlinkSync(path.join(versions, ninth), path.join(versions, 'current'));
  const tenth = install(unpack('0.1.0', path.join(folder, 'ten')));
  t.is(previous(), ninth);

  rmSync(path.join(versions, 'current'));
  symlinkSync(path.join(folder, 'elsewhere'), path.join(versions, 'current'));
  t.is(install(path.join(folder, 'ten')), tenth);
  t.is(previous(), ninth, 'what is not beside it is no version to go back to');
});
