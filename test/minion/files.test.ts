import { execFileSync, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createFiles } from '../../minion/machine/files.ts';
import { needing } from '../kit/needing.ts';

function freshDirectory(t: ExecutionContext): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'tsalt-files-'));
  t.teardown(() => fs.rmSync(made, { recursive: true, force: true }));
  return made;
}

const modeOf = (file: string): number => fs.statSync(file).mode & 0o7777;
const asRoot = process.getuid?.() === 0;
const withRoot = needing('root', asRoot);

test('files: a write without mode and owner, keeps those of the old file', (t) => {
  const root = freshDirectory(t);
  fs.writeFileSync(path.join(root, 'a'), 'old', { mode: 0o640 });
  if (asRoot) fs.chownSync(path.join(root, 'a'), 12, 34);
  createFiles(root).perform({ do: 'write', path: '/a', content: Buffer.from('new') });
  const stats = fs.statSync(path.join(root, 'a'));
  t.is(fs.readFileSync(path.join(root, 'a'), 'utf8'), 'new');
  t.is(stats.mode & 0o7777, 0o640);
  if (asRoot) t.deepEqual([stats.uid, stats.gid], [12, 34]);
  t.deepEqual(fs.readdirSync(root), ['a'], 'no temporary file is left');
});

withRoot('files: a write with owner and set-user-id mode, has both', (t) => {
  const root = freshDirectory(t);
  createFiles(root).perform({ do: 'write', path: '/a', content: Buffer.from('x'), mode: 0o4755, uid: 5, gid: 6 });
  const stats = fs.statSync(path.join(root, 'a'));
  t.deepEqual([stats.mode & 0o7777, stats.uid, stats.gid], [0o4755, 5, 6]);
});

test('files: a name of 255 bytes, can be written', (t) => {
  const root = freshDirectory(t);
  const name = 'ä'.repeat(127) + 'x';
  createFiles(root).perform({ do: 'write', path: `/${name}`, content: Buffer.from('x') });
  t.deepEqual(fs.readdirSync(root), [name]);
});

test('files: a write over a link, replaces the link and leaves what it led to', (t) => {
  const root = freshDirectory(t);
  fs.writeFileSync(path.join(root, 'real'), 'real');
  fs.symlinkSync('real', path.join(root, 'link'));
  createFiles(root).perform({ do: 'write', path: '/link', content: Buffer.from('new') });
  t.is(fs.readFileSync(path.join(root, 'real'), 'utf8'), 'real');
  t.true(fs.lstatSync(path.join(root, 'link')).isFile());
});

test('files: a link inside the root that leads out of it, is taken as leading to the same path inside', (t) => {
  const outside = freshDirectory(t);
  const root = freshDirectory(t);
  fs.mkdirSync(path.join(root, outside), { recursive: true });
  fs.symlinkSync(outside, path.join(root, 'absolute'));
  fs.symlinkSync('../'.repeat(20) + outside.slice(1), path.join(root, 'relative'));
  const files = createFiles(root);
  files.perform({ do: 'write', path: '/absolute/a', content: Buffer.from('a') });
  files.perform({ do: 'write', path: '/relative/b', content: Buffer.from('b') });
  files.perform({ do: 'write', path: '/../../c', content: Buffer.from('c') });
  files.perform({ do: 'remove', path: '/absolute' });
  t.deepEqual(fs.readdirSync(outside), []);
  t.deepEqual(fs.readdirSync(path.join(root, outside)), ['a', 'b']);
  t.true(fs.existsSync(path.join(root, 'c')));
});

test('files: looking through links inside a root, sees what is inside', (t) => {
  const root = freshDirectory(t);
  fs.mkdirSync(path.join(root, 'etc'));
  fs.writeFileSync(path.join(root, 'etc/x'), 'inside');
  fs.symlinkSync('/etc/x', path.join(root, 'link'));
  fs.symlinkSync('/etc/passwd', path.join(root, 'dangling'));
  fs.symlinkSync('loop', path.join(root, 'loop'));
  const files = createFiles(root);
  t.is(files.look('/link')?.target, '/etc/x');
  t.is(files.follow('/link')?.kind, 'file');
  t.is(files.read('/link').toString(), 'inside');
  t.is(files.follow('/dangling'), undefined);
  t.is(files.look('/etc/x/below'), undefined);
  t.deepEqual(
    [files.follow('/loop'), files.look('/loop/x'), files.look('/loop')?.kind],
    [undefined, undefined, 'symlink'],
  );
  t.throws(() => files.perform({ do: 'write', path: '/loop/x', content: Buffer.alloc(0) }), {
    code: 'TS_MACHINE_TOO_MANY_LINKS',
  });
  t.throws(() => files.look('etc'), { code: 'TS_MACHINE_NOT_ABSOLUTE' });
});

test('files: a link replaced by a directory during the run, is seen as that', (t) => {
  const root = freshDirectory(t);
  fs.mkdirSync(path.join(root, 'a'));
  fs.symlinkSync('a', path.join(root, 'b'));
  const files = createFiles(root);
  files.perform({ do: 'write', path: '/b/1', content: Buffer.from('1') });
  files.perform({ do: 'remove', path: '/b' });
  files.perform({ do: 'mkdir', path: '/b', mode: 0o700 });
  files.perform({ do: 'write', path: '/b/2', content: Buffer.from('2') });
  t.deepEqual([files.list('/a'), files.list('/b')], [['1'], ['2']]);
  t.is(modeOf(path.join(root, 'b')), 0o700);
});

test('files: removing a directory, leaves what links in it lead to; the root itself is never removed', (t) => {
  const root = freshDirectory(t);
  fs.mkdirSync(path.join(root, 'd/e'), { recursive: true });
  fs.writeFileSync(path.join(root, 'kept'), '');
  fs.symlinkSync('../kept', path.join(root, 'd/link'));
  const files = createFiles(root);
  files.perform({ do: 'remove', path: '/d' });
  t.deepEqual(fs.readdirSync(root), ['kept']);
  t.throws(() => files.perform({ do: 'remove', path: '/' }), { code: 'TS_MACHINE_IS_WHOLE_TREE' });
  t.throws(() => files.perform({ do: 'remove', path: '/kept/../..' }), { code: 'TS_MACHINE_IS_WHOLE_TREE' });
});

test('files: a process killed in the middle of thousands of writes, leaves each file old or new', async (t) => {
  const folder = freshDirectory(t);
  const count = 40;
  const size = 100_000;
  const writer = path.join(import.meta.dirname, 'writer.js');
  let finished = 0;
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [writer, folder, String(count), String(size)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    // Not at the same place each time.
    for (let turn = 0; turn < round * 3; turn++) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    for (let file = 0; file < count; file++) {
      const content = fs.readFileSync(path.join(folder, String(file)));
      t.is(content.length, size);
      t.true(
        content.every((byte) => byte === content[0]),
        'of one generation',
      );
      finished++;
    }
  }
  t.is(finished, 5 * count);
});

/** A file system of 256 kB, in a mount namespace of the process that is run in it; false where that is not allowed. */
const canMount = (): boolean =>
  process.platform === 'linux' && spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

needing('unshare, allowed to mount', canMount())('files: a full disk, raises and leaves the old content alone', (t) => {
  const folder = freshDirectory(t);
  const files = new URL('../../minion/machine/files.js', import.meta.url).href;
  const program = `
    import fs from 'node:fs';
    import { createFiles } from ${JSON.stringify(files)};
    const files = createFiles('/');
    const path = process.argv[1] + '/a';
    files.perform({ do: 'write', path, content: Buffer.from('old') });
    let code = 'none';
    try { files.perform({ do: 'write', path, content: Buffer.alloc(1_000_000, 'n') }); } catch (error) { code = error.code; }
    console.log(JSON.stringify([code, fs.readFileSync(path, 'utf8'), fs.readdirSync(process.argv[1])]));`;
  const shell = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" --input-type=module -e "$3" "$1"';
  const out = execFileSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', folder, process.execPath, program]);
  t.deepEqual(JSON.parse(out.toString()), ['ENOSPC', 'old', ['a']]);
});

test('files: a directory that is moved to another file system, arrives whole', (t) => {
  const from = freshDirectory(t);
  const to = fs.mkdtempSync('/dev/shm/tsalt-files-');
  t.teardown(() => fs.rmSync(to, { recursive: true, force: true }));
  fs.mkdirSync(path.join(from, 'a/b'), { recursive: true, mode: 0o750 });
  fs.writeFileSync(path.join(from, 'a/b/c'), 'x', { mode: 0o640 });
  fs.symlinkSync('b/c', path.join(from, 'a/l'));
  fs.utimesSync(path.join(from, 'a'), 1000, 2000);
  createFiles('/').perform({ do: 'rename', path: path.join(to, 'z'), from: path.join(from, 'a') });
  t.deepEqual([fs.readdirSync(from), fs.readdirSync(to)], [[], ['z']]);
  t.deepEqual([modeOf(path.join(to, 'z/b')), modeOf(path.join(to, 'z/b/c'))], [0o750, 0o640]);
  t.is(fs.readFileSync(path.join(to, 'z/l'), 'utf8'), 'x');
  t.is(fs.statSync(path.join(to, 'z')).mtimeMs, 2_000_000);
});

test('files: a hard link, is one more name, also in the place of another file', (t) => {
  const root = freshDirectory(t);
  fs.writeFileSync(path.join(root, 'a'), 'x');
  fs.writeFileSync(path.join(root, 'b'), 'y');
  const files = createFiles(root);
  files.perform({ do: 'hardlink', path: '/b', target: '/a' });
  files.perform({ do: 'hardlink', path: '/b', target: '/a' });
  t.is(files.look('/a')?.identity, files.look('/b')?.identity);
  t.deepEqual([files.look('/a')?.links, fs.readdirSync(root)], [2, ['a', 'b']]);
});

test('files: a pipe, is made with its mode, under any root', (t) => {
  const root = freshDirectory(t);
  const files = createFiles(root);
  files.perform({ do: 'node', path: '/p', type: 'p', major: 0, minor: 0, mode: 0o620 });
  t.like(files.look('/p'), { kind: 'other', mode: 0o620, node: { type: 'p', major: 0, minor: 0 } });
  t.like(createFiles('/').look('/dev/null'), { node: { type: 'c', major: 1, minor: 3 } });
  t.throws(() => files.perform({ do: 'node', path: '/none/p', type: 'p', major: 0, minor: 0 }), {
    message: /could not be made: mknod: .*No such file/,
  });
});
