import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { ConfigFiles } from '../../lib/config/files.ts';
import { examineConfig, loadMasterConfig, loadMinionConfig, type ConfigSource } from '../../lib/config/load.ts';
import { merge } from '../../lib/config/merge.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { editDocument } from '../../lib/config/document.ts';

const root = { uid: 0, home: '/root', hostname: 'node-7.example' };

/** Files in memory, under `/c`. */
function files(texts: Record<string, string>): ConfigFiles {
  const all = new Map(Object.entries(texts).map(([name, text]) => [path.join('/c', name), text]));
  return {
    read: (file) => all.get(file),
    list: (folder) =>
      [...all.keys()]
        .filter((file) => path.dirname(file) === folder)
        .map((file) => path.basename(file))
        .sort(),
  };
}

const source = (texts: Record<string, string>, more: Partial<ConfigSource> = {}): ConfigSource => ({
  configDir: '/c',
  env: {},
  person: root,
  files: files(texts),
  ...more,
});

const master = (texts: Record<string, string>, more: Partial<ConfigSource> = {}) =>
  loadMasterConfig(source(texts, more));
const minion = (texts: Record<string, string>, more: Partial<ConfigSource> = {}) =>
  loadMinionConfig(source(texts, more));

function errorOf(work: () => unknown): TsaltError {
  try {
    work();
  } catch (error) {
    if (error instanceof TsaltError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('config: nothing written, root has the places of the system', (t) => {
  const { config, sources, warnings } = master({});
  t.like(config, {
    cachedir: '/var/lib/tsalt/master',
    pki_dir: '/etc/tsalt/pki/master',
    sock_dir: '/run/tsalt',
    publish_port: 4505,
    ret_port: 4506,
    bundle_port: 4507,
  });
  t.deepEqual(config.file_roots, { base: ['/srv/tsalt/states'] });
  t.deepEqual([sources, warnings], [[], []]);
  t.true(Object.isFrozen(config) && Object.isFrozen(config.file_roots.base));
});

test('config: nothing written, anyone else has the XDG directories', (t) => {
  const person = { uid: 1000, home: '/home/ada', hostname: 'h' };
  const plain = loadMinionConfig({ env: {}, person, files: files({}) });
  t.is(plain.configDir, '/home/ada/.config/tsalt');
  t.is(plain.config.cachedir, '/home/ada/.local/state/tsalt/minion');
  t.is(plain.config.sock_dir, '/home/ada/.local/state/tsalt/run');
  const env = {
    XDG_CONFIG_HOME: '/x/c',
    XDG_STATE_HOME: 'not/absolute',
    XDG_RUNTIME_DIR: '/x/r',
    XDG_DATA_HOME: '/x/d',
  };
  const said = loadMinionConfig({ env, person, files: files({}) });
  t.is(said.configDir, '/x/c/tsalt');
  t.is(said.config.cachedir, '/home/ada/.local/state/tsalt/minion');
  t.is(said.config.sock_dir, '/x/r/tsalt');
  t.deepEqual(said.config.file_roots, { base: ['/x/d/tsalt/states'] });
});

test("config: a service with a user of its own reads the system's config, it has the system's places", (t) => {
  const person = { uid: 997, home: '/var/lib/tsalt', hostname: 'h' };
  const { config } = loadMinionConfig({ env: {}, person, configDir: '/etc/tsalt', files: files({}) });
  t.is(config.cachedir, '/var/lib/tsalt/minion');
  t.is(config.sock_dir, '/run/tsalt');
});

test('config: later layers win, maps merge and lists replace', (t) => {
  const { config, sources } = minion(
    {
      minion: 'master: one\nmaster_port: 1\ngrains: {a: {x: 1, y: 2}, list: [1, 2]}\ntimeout: 5\n',
      'minion.d/b.conf': 'grains: {a: {y: 4}}\nmaster: three\n',
      'minion.d/a.conf': 'master: two\ngrains: {a: {y: 3, z: 3}, list: [9]}\n',
      'minion.d/ignored.yaml': 'nonsense: [',
    },
    { env: { TSALT_MASTER_PORT: '2', TSALT_FAILHARD: 'yes', TSALT_INTERFACE: '::1' }, flags: { master_port: 3 } },
  );
  t.deepEqual(config.grains, { a: { x: 1, y: 4, z: 3 }, list: [9] });
  t.is(config.master, 'three');
  t.is(config.master_port, 3);
  t.is(config.timeout, 5);
  t.true(config.failhard);
  t.deepEqual(sources, ['/c/minion', '/c/minion.d/a.conf', '/c/minion.d/b.conf']);
});

test('config: what an operator writes is read as Salt reads it', (t) => {
  const { config } = master({
    master: [
      'reactor:',
      "  - 'salt/auth': [builtin:auth]",
      "  - 'salt/minion/*/start': /srv/start.sls",
      'file_roots:',
      '  base: /srv/a',
      '  dev: [/srv/b, /srv/c]',
      'master_port: 0',
      'log_level: trace',
      'test: off',
      'failhard: Yes',
      'auth.unknown: pend',
      "nodegroups: {web: 'G@role:web', both: [N@web, or, db1]}",
    ].join('\n'),
  });
  t.deepEqual(config.reactor, [
    { tag: 'salt/auth', files: ['builtin:auth'] },
    { tag: 'salt/minion/*/start', files: ['/srv/start.sls'] },
  ]);
  t.deepEqual(config.file_roots, { base: ['/srv/a'], dev: ['/srv/b', '/srv/c'] });
  t.is(config.ret_port, 0);
  t.is(config.log_level, 'debug');
  t.deepEqual([config.test, config.failhard, config['auth.unknown']], [false, true, 'pend']);
});

test('config: a misspelt option, the nearest name is given with file, line and column', (t) => {
  const error = errorOf(() => minion({ 'minion.d/x.conf': 'master: m\nmaster_prot: 4506\n' }));
  t.is(error.code, 'TS_CONFIG_UNKNOWN_OPTION');
  t.is(
    error.message,
    [
      "/c/minion.d/x.conf:2:1: the minion has no option 'master_prot'",
      '2 | master_prot: 4506',
      '  | ^',
      "hint: did you mean 'master_port'?",
    ].join('\n'),
  );
  const nested = errorOf(() => master({ master: 'auth:\n  unknown: pend\n' }));
  t.is(
    nested.hint,
    'these options are written with their whole name: auth.unknown, auth.reject_seconds, auth.registry, auth.allow_without_token',
  );
});

const wrong: [title: string, text: string, sentence: string, at: string][] = [
  [
    'a port out of range',
    'publish_port: 70000',
    "'publish_port' should be a port (0 to 65535; 0 takes any free one), not 70000",
    '1:15',
  ],
  [
    'a port as text',
    'publish_port: x',
    '\'publish_port\' should be a port (0 to 65535; 0 takes any free one), not the text "x"',
    '1:15',
  ],
  [
    'a map for a list',
    'reactor: {a: b}',
    "'reactor' should be a list of one-key maps from tag to files, such as [{'salt/auth': [builtin:auth]}], not a map",
    '1:10',
  ],
  [
    'two tags in one entry',
    'reactor:\n  - a: b\n    c: d',
    "'reactor: 0' should be a list of one-key maps from tag to files, such as [{'salt/auth': [builtin:auth]}], not a map",
    '2:5',
  ],
  [
    'a number deep in a map',
    'file_roots:\n  base: [/a]\n  dev: 5',
    "'file_roots: dev' should be a path, or a list of them, not 5",
    '3:8',
  ],
  [
    'a word that is no choice',
    'auth.unknown: ignore',
    '\'auth.unknown\' should be one of reject, pend, not the text "ignore"',
    '1:15',
  ],
  ['a list for a word', 'user: [x]', "'user' should be text, not a list", '1:7'],
  [
    'a list for a map',
    'file_roots: [/srv/states]',
    "'file_roots' should be a map from environment to directories, such as {base: [/srv/tsalt/states]}, not a list",
    '1:13',
  ],
  [
    'a nodegroup that can not be read',
    "nodegroups:\n  a: 'N@b'\n  b: 'L@x and'",
    "the compound target 'L@x and' ends where a target was expected",
    '2:6',
  ],
];
for (const [title, text, sentence, at] of wrong) {
  test(`config: ${title}, says what was expected and where`, (t) => {
    const error = errorOf(() => master({ master: `${text}\n` }));
    t.is(error.sentence, sentence);
    t.is(`${error.place?.line}:${error.place?.column}`, at);
  });
}

const tenfold = (_: unknown, n: number) =>
  `a${n}: &a${n} [${Array.from({ length: 10 }, () => (n > 0 ? `*a${n - 1}` : 'x')).join(', ')}]\n`;
const flood = Array.from({ length: 8 }, tenfold).join('');

for (const [what, source, told] of [
  ['an option without a colon', 'log_level info\nuser: a\n', /:1:1: not YAML: this line is neither a 'key: value'/],
  ['an option that is there twice', 'user: a\nuser: b\n', /:2:1: not YAML: this key is already above/],
  [
    'a list that is not closed',
    'user: a\nhash: [1\ntest: b\n',
    /:2:7: not YAML: the \[ that opens here is never closed/,
  ],
  ['an alias inside of what it means', 'nodegroups: &a\n  b: *a\n', /:2:6: not YAML: \*a stands inside of what/],
  ['an alias of nothing', 'user: *b\n', /:1:7: not YAML: there is no anchor &b before this/],
  ['aliases that unfold to a flood', flood, /:2:10: not YAML: the aliases of this file unfold to too many values/],
  ['a * without quotes', 'nodegroups:\n  all: *\n', /:2:8: not YAML: [^]*hint: put quotes around it: '\*'/],
] as const)
  test(`config: ${what}, is told in the words that state files have for it`, (t) => {
    t.regex(errorOf(() => master({ master: source })).message, told);
  });

test('config: a value that an alias stands for, is not changed, and it is said where', (t) => {
  for (const [path, value] of [
    [['a'], undefined],
    [['b', 'x'], 2],
  ] as const) {
    const error = errorOf(() => editDocument('/c/grains', 'a: &a {x: 1}\nb: *a\n', path, value));
    t.is(error.code, 'TS_CONFIG_UNCHANGEABLE');
    t.regex(error.message, /^\/c\/grains:[12]:1: '(a|b:x)' can't be changed here: /);
  }
});

test('config: a word that is nearly one of the choices, the nearest is given', (t) => {
  const error = errorOf(() => master({ master: 'log_level: inof\n' }));
  t.regex(error.message, /'log_level' should be one of debug, .*\n1 \| [^]*hint: did you mean 'info'\?/);
});

test('config: text that is not YAML, the place is shown once', (t) => {
  const broken = errorOf(() => master({ 'master.yaml': 'reactor:\n  - a: [b\nfailhard: true\n' }));
  t.is(broken.code, 'TS_CONFIG_SYNTAX');
  t.regex(broken.message, /^\/c\/master\.yaml:\d+:\d+: not YAML: /);
  t.notRegex(broken.sentence, /at line/);
  t.is(errorOf(() => master({ master: 'test: 1\ntest: 2' })).code, 'TS_CONFIG_SYNTAX');
  t.is(errorOf(() => master({ master: '- a\n- b' })).sentence, 'a config file is a map of options, not a list');
  t.notThrows(() => master({ master: '# nothing yet\n' }));
});

test('config: master and master.yaml, neither is taken', (t) => {
  const error = errorOf(() => master({ master: 'test: true', 'master.yaml': 'test: false' }));
  t.is(error.code, 'TS_CONFIG_TWO_FILES');
});

test('config: options of Salt or of the other daemon, warned of and without effect', (t) => {
  const { warnings } = master({ master: 'worker_threads: 3\nhgfs_remotes: []\ncarbon.host: g\nmaster_key: k\n' });
  t.deepEqual(
    warnings.map(({ code, place, sentence }) => [code, place?.line, sentence.split(' ')[0]]),
    [
      ['TS_CONFIG_ONLY_IN_SALT', 2, "'hgfs_remotes'"],
      ['TS_CONFIG_ONLY_IN_SALT', 3, "'carbon.host'"],
      ['TS_CONFIG_OTHER_DAEMON', 4, "'master_key'"],
    ],
  );
});

test('config: options of Salt for returners, the warning says what there is instead', (t) => {
  const said = ({ warnings }: ReturnType<typeof master | typeof minion>) => warnings.map(({ hint }) => hint);
  const instead = "results and events go elsewhere by 'returners' of the master's config";
  const names = ['event_return', 'master_job_cache', 'ext_job_cache', 'returner.pgjsonb.host', 'rawfile_json.filename'];
  t.deepEqual(
    said(master({ master: names.map((name) => `${name}: x\n`).join('') })),
    names.map(() => instead),
  );
  t.deepEqual(said(minion({ minion: 'return: mysql\nid: web1\n' })), [instead]);
});

test('config: a variable that names no option, warned of with the nearest', (t) => {
  const { warnings } = minion(
    {},
    { env: { TSALT_MASTR: 'x', TSALT_CONFIG_DIR: '/c', TSALT_GRAPHITE_HOST: 'g', PATH: '' } },
  );
  t.deepEqual(
    warnings.map(({ sentence, hint }) => [sentence, hint]),
    [['the environment variable TSALT_MASTR names no option: it has no effect', "did you mean 'TSALT_MASTER'?"]],
  );
});

test('config: texts from the environment fit the option they are for', (t) => {
  const { config } = minion({}, { env: { TSALT_ID: '42', TSALT_MASTER: 'on', TSALT_GRAINS: '{a: [1]}' } });
  t.is(config.id, '42');
  t.is(config.master, 'on');
  t.deepEqual(config.grains, { a: [1] });
  const error = errorOf(() => minion({}, { env: { TSALT_MASTER_PORT: 'ssh' } }));
  t.regex(error.message, /^the environment variable TSALT_MASTER_PORT: 'master_port' should be a port/);
});

test("config: a minion's id comes from config, then minion_id, then the host's name", (t) => {
  t.is(minion({ minion: 'id: a', minion_id: 'b\n' }).config.id, 'a');
  t.is(minion({ minion_id: 'b\n' }).config.id, 'b');
  t.is(minion({}).config.id, 'node-7.example');
  t.regex(errorOf(() => minion({ minion: 'id: ../x' })).message, /minion:1:5: 'id' should be a minion id/);
});

test('config: a secret of the wrong kind, is not shown', (t) => {
  const error = errorOf(() => minion({ minion: 'enrolment_token: [hunter2]' }));
  t.is(error.code, 'TS_CONFIG_WRONG_TYPE');
  t.notRegex(error.message, /hunter2/);
});

test("config: root_dir, goes before the daemon's own files only", (t) => {
  const { config } = minion({ minion: 'root_dir: /jail\ncachedir: /jail/cache\npki_dir: /keys\n' });
  t.like(config, { cachedir: '/jail/cache', pki_dir: '/jail/keys', sock_dir: '/jail/run/tsalt', log_file: '' });
  t.deepEqual(config.file_roots, { base: ['/srv/tsalt/states'] });
});

test('config: examining, finds every mistake of every layer', (t) => {
  const { errors } = examineConfig(
    'master',
    source({ master: 'nope: 1\ntest: 3\n', 'master.d/a.conf': '[', 'master.d/b.conf': 'timeout: -1' }),
  );
  t.deepEqual(
    errors.map(({ code }) => code),
    ['TS_CONFIG_UNKNOWN_OPTION', 'TS_CONFIG_WRONG_TYPE', 'TS_CONFIG_SYNTAX', 'TS_CONFIG_WRONG_TYPE'],
  );
});

test('config: real files, are read in byte order and an unreadable one is said', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-config-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'minion.d'));
  for (const [name, master] of [
    ['Z.conf', 'upper'],
    ['a.conf', 'lower'],
    ['é.conf', 'last'],
  ] as const) {
    writeFileSync(path.join(folder, 'minion.d', name), `master: ${master}\n`);
  }
  t.is(loadMinionConfig({ configDir: folder, env: {} }).config.master, 'last');
  mkdirSync(path.join(folder, 'minion'));
  t.is(errorOf(() => loadMinionConfig({ configDir: folder, env: {} })).code, 'TS_CONFIG_UNREADABLE');
});

const tree = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__'),
  fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.array(fc.integer(), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b'), tie('node')),
    ),
  })).node,
);

test('config: merging, nothing is its unit and twice is once', (t) => {
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      t.deepEqual(merge(a, {}), merge({}, a));
      t.deepEqual(merge(merge(a, b), b), merge(a, b));
      t.deepEqual(Object.keys(merge(a, b)).toSorted(), [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted());
    }),
  );
});
