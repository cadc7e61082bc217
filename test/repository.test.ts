import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { isMap } from '../lib/json.ts';
import { version } from '../lib/version.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** What git does not have: see `.gitignore`. */
const made = ['.git', 'node_modules', 'dist'];
const longestFile = 500;

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (made.includes(name) || name.endsWith('.log')) return [];
    return entry.isDirectory() ? filesIn(name) : entry.isFile() ? [name] : [];
  });
}

const files = filesIn('.').map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));

function manifest(name: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(readFileSync(path.join(root, name), 'utf8'));
  if (!isMap(parsed)) throw new Error(`${name} is no map`);
  return parsed;
}

test('repository: code, no file is longer than a reader has patience for', (t) => {
  const code = files.filter(({ name }) => /\.(?:ts|mjs|cjs|js|sh|py)$/.test(name));
  t.true(code.length > 100, 'the walk found the code');
  t.deepEqual(
    code.filter(({ text }) => text.split('\n').length > longestFile + 1).map(({ name }) => name),
    [],
  );
});

/** Folders that any machine may have. */
const usual = [
  '/home',
  '/mnt',
  '/opt',
  '/root',
  '/srv',
  '/tmp',
  '/usr',
  '/usr/local',
  '/usr/src',
  '/var',
  '/var/lib',
  '/var/tmp',
];

/** The checkout and its parents, but for those that other machines have, too. */
function ownPlaces(checkout: string): string[] {
  const parts = checkout.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`).filter((place) => !usual.includes(place));
}

/** Whether the text has the path itself: no part of an address, a name, a pattern or a longer path. */
function names(text: string, place: string): boolean {
  for (let at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + place.length]];
    if (!/[\w.}*)\]/:\\-]/.test(before) && !/[\w.-]/.test(after)) return true;
  }
  return false;
}

test('repository: paths, none is of the machine where it was written', (t) => {
  const places = ownPlaces(root);
  const found = files.flatMap(({ name, text }) =>
    places.filter((place) => names(text, place)).map((place) => `${name} names ${place}`),
  );
  t.deepEqual(found, []);
});

test('repository: a path of the machine in a file, is found', (t) => {
  t.deepEqual(ownPlaces('/opt/depot/tsalt'), ['/opt/depot', '/opt/depot/tsalt']);
  t.true(names("root = '/depot/x'", '/depot'));
  t.false(names('https://example.org/depot and a/depot, /depots', '/depot'));
});

test('repository: the version, one everywhere', (t) => {
  t.is(manifest('package.json').version, version);
  t.is(manifest('package-lock.json').version, version);
});

test('repository: the lock, names no registry', (t) => {
  const { packages } = manifest('package-lock.json');
  const locked = Object.entries(isMap(packages) ? packages : {}).filter(([name]) => name !== '');
  t.true(locked.length > 100);
  for (const [name, entry] of locked) {
    t.true(isMap(entry) && entry.resolved === undefined && entry.integrity !== undefined, name);
  }
});

test('repository: what has a room, is compiled and found by tests', (t) => {
  const rooms = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !made.includes(entry.name))
    .map(({ name }) => name)
    .filter((name) => files.some((file) => file.name.startsWith(`${name}/`) && file.name.endsWith('.ts')))
    .filter((name) => name !== 'examples');
  const { include } = manifest('tsconfig.json');
  const config = readFileSync(path.join(root, 'ava.config.js'), 'utf8');
  for (const room of rooms) {
    t.true(Array.isArray(include) && include.includes(room), `tsconfig.json knows ${room}`);
    t.true(config.includes(`'${room}'`), `ava.config.js knows ${room}`);
    t.true(existsSync(path.join(root, 'dist', room)), `${room} is compiled`);
  }
});
