import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

/** Whom each room may import of ours, by folder; the most specific line counts. A room not named here imports nothing. */
const mayImport: Record<string, readonly string[]> = {
  lib: ['lib'],
  store: ['store', 'lib'],
  wire: ['wire', 'lib'],
  // Plugins: the types they are written against, and their own family's helpers.
  states: ['lib'],
  'states/engine': ['states/engine', 'lib'],
  pillar: ['pillar', 'pillar/external', 'states/engine', 'lib'],
  'pillar/external': ['pillar/external', 'pillar', 'lib'],
  reactors: ['lib', 'reactors'],
  returners: ['lib', 'returners'],
  'cluster/providers': ['lib', 'cluster/providers'],
  cluster: ['lib', 'cluster'],
  'minion/modules': ['lib', 'minion/modules', 'minion/collectors'],
  'minion/collectors': ['lib', 'minion/collectors'],
  'minion/beacons': ['lib', 'minion/beacons', 'minion/collectors'],
  minion: [
    'minion',
    'minion/beacons',
    'minion/modules',
    'minion/collectors',
    'lib',
    'wire',
    'store',
    'states',
    'states/engine',
    'pillar',
  ],
  // Templates of orchestrations call execution functions: of minions' modules those that look at no machine.
  'master/orchestrate': ['master', 'master/orchestrate', 'minion/modules', 'lib', 'store', 'states', 'states/engine'],
  master: [
    'master',
    'master/orchestrate',
    'lib',
    'wire',
    'store',
    'pillar',
    'states',
    'states/engine',
    'reactors',
    'returners',
    'cluster',
  ],
  // The command line starts a master or a minion, and reaches a running master through its control interface only.
  cli: [
    'cli',
    'lib',
    'minion',
    'master',
    'states',
    'states/engine',
    'pillar',
    'pillar/external',
    'reactors',
    'returners',
    'cluster',
    'cluster/providers',
    'wire',
  ],
};

/** Packages that only some rooms may import. */
const packageRooms: Record<string, readonly string[]> = {
  zeromq: ['wire'],
  lmdb: ['store'],
  'node:child_process': ['lib/system', 'minion', 'master', 'cluster/providers', 'cli', 'store/table-check.ts'],
};

const root = path.resolve(import.meta.dirname, '..', '..');
const free = ['test', 'bench'];

interface Edge {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? sources(name) : entry.name.endsWith('.ts') ? [name] : [];
  });
}

function importsOf(file: string): Edge[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const specifiers = [
    ...text.matchAll(
      /^(?:import|export)[^;'"]*?from\s*['"]([^'"]+)['"]|(?:import|builtin)\(\s*['"]([^'"]+)['"]\s*\)|^import\s+['"]([^'"]+)['"]/gm,
    ),
  ];
  return specifiers.map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    return {
      from: file,
      to: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier,
    };
  });
}

/** The most specific folder of `rooms` that holds the file. */
function roomOf(file: string, rooms: readonly string[]): string {
  return (
    rooms.filter((room) => file.startsWith(`${room}/`)).sort((a, b) => b.length - a.length)[0] ??
    path.posix.dirname(file)
  );
}

function complaint({ from, to }: Edge): string | undefined {
  const rooms = Object.keys(mayImport);
  const room = roomOf(from, rooms);
  if (!to.includes('/') || to.startsWith('node:') || !to.endsWith('.ts')) {
    const only = packageRooms[to];
    return only && !only.some((allowed) => from === allowed || from.startsWith(`${allowed}/`))
      ? `${from} imports ${to}, which only ${only.join(', ')} may`
      : undefined;
  }
  const target = roomOf(to, rooms);
  const sameFamily = path.posix.dirname(from) === path.posix.dirname(to) || isRegistryOf(from, to);
  if (sameFamily || mayImport[room]?.includes(target)) return undefined;
  return `${from} imports ${to}: ${room} may import ${mayImport[room]?.join(', ') ?? 'nothing'}`;
}

/** A room's `registry.ts` names all the plugins of that room. */
function isRegistryOf(from: string, to: string): boolean {
  return path.posix.basename(from) === 'registry.ts' && to.startsWith(`${path.posix.dirname(from)}/`);
}

const rooms = readdirSync(root, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && !entry.name.startsWith('.') && !['node_modules', 'dist', ...free].includes(entry.name),
  )
  .map((entry) => entry.name);
const edges = rooms.flatMap(sources).flatMap(importsOf);

test('layers: every import goes where its room may look', (t) => {
  t.true(edges.length > 10, 'the walk found the imports');
  t.deepEqual(
    edges.map(complaint).filter((text) => text !== undefined),
    [],
  );
});

test('layers: an edge that breaks the rules is named', (t) => {
  t.regex(
    complaint({ from: 'minion/agent.ts', to: 'master/keys.ts' }) ?? '',
    /^minion\/agent\.ts imports master\/keys\.ts: minion may import/,
  );
  t.regex(complaint({ from: 'states/engine/run.ts', to: 'wire/session.ts' }) ?? '', /states\/engine may import/);
  t.regex(complaint({ from: 'states/file/managed.ts', to: 'minion/machine/files.ts' }) ?? '', /states may import/);
  t.regex(complaint({ from: 'master/bus.ts', to: 'zeromq' }) ?? '', /only wire may/);
});
