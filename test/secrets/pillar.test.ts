import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../cli/main.ts';
import type { Input } from '../../cli/input.ts';
import { makeSealKey } from '../../wire/sealed/keys.ts';
import { formatPublicKey } from '../../wire/sealed/seal.ts';
import { blocksOf } from '../docs/pages.ts';
import { captured, write } from '../states-engine/kit.ts';

/** A machine without a master, and its command line. */
function machine(t: ExecutionContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-pillar-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const config = {
    root_dir: directory,
    file_roots: { base: [path.join(directory, 'states')] },
    pillar_roots: { base: [path.join(directory, 'pillar')] },
    pki_dir: path.join(directory, 'pki/master'),
  };
  write(directory, {
    'etc/master': JSON.stringify(config),
    'etc/minion': JSON.stringify({ ...config, id: 'm1', pki_dir: path.join(directory, 'pki/minion') }),
    'pillar/top.sls': "base:\n  '*': [a]\n",
    'states/none.sls': '',
  });
  const run = async (given: string | Buffer | readonly string[] | undefined, ...words: string[]) => {
    const typed = [...(Array.isArray(given) ? (given as string[]) : [])];
    const input: Input = {
      isTerminal: Array.isArray(given),
      all: async () => (Buffer.isBuffer(given) ? given : Buffer.from(typeof given === 'string' ? given : '')),
      hidden: async () => typed.shift(),
      line: async () => typed.shift(),
    };
    const io = { ...captured(directory), input: async () => input };
    const [verb = '', ...rest] = words;
    const code = await main([verb, '--config-dir', path.join(directory, 'etc'), ...rest], io);
    return { ...io.printed, code };
  };
  const keys = path.join(directory, 'pki/master');
  return {
    directory,
    keys,
    run,
    pillar: (text: string) => write(directory, { 'pillar/a.sls': text }),
    state: (text: string) => write(directory, { 'states/s.sls': text }),
    call: (...words: string[]) => run(undefined, 'call', '--local', '--out', 'json', ...words),
    seal: async (value: string) => {
      if ((await run(undefined, 'pillar', 'key')).code !== 0) makeSealKey(keys);
      return (await run(value, 'pillar', 'encrypt')).out.trim();
    },
  };
}

test('a sealed value where there is no config at all: the place of it, and which key is missing', async (t) => {
  const { directory, pillar, seal } = machine(t);
  pillar(`a: 1\np: ${await seal('hunter2')}\n`);
  const io = captured(directory);
  const words = ['call', '--local', '--file-root', 'states', '--pillar-root', 'pillar', 'pillar.items'];
  const code = await main(words, { ...io, env: { ...io.env, XDG_CONFIG_HOME: path.join(directory, 'none') } });
  t.is(code, 2);
  t.regex(io.printed.err, /^error: .*pillar\/a\.sls:2:\d+: this is sealed to the key [^]*\n2 \| /);
});

test('pillar encrypt: no key yet, what to do; a value as an argument, refused and not repeated', async (t) => {
  const { run } = machine(t);
  const none = await run('hunter2', 'pillar', 'encrypt');
  t.is(none.code, 2);
  t.regex(none.err, /there is no key to seal with in .*\nhint: on the master 'tsalt pillar key --new' makes one/);
  const given = await run('', 'pillar', 'encrypt', 'hunter2');
  t.is(given.code, 2);
  t.regex(given.err, /not taken from the command line/);
  t.notRegex(given.err, /hunter2/);
  t.regex((await run('', 'pillar', 'encyrpt')).err, /did you mean 'encrypt'/);
  t.regex((await run('', 'pillar', 'decrypt', '--new')).err, /--new means nothing without 'key'/);
});

test('pillar key, encrypt, decrypt: sealed with the public half alone, opened where the key is', async (t) => {
  const { run, directory } = machine(t);
  const key = await run(undefined, 'pillar', 'key', '--new');
  t.is(key.code, 0, key.err);
  t.regex(key.out, /^tsalt-seal1\.[\w-]{43}\.[\w-]{6}\n$/);
  t.regex(key.err, new RegExp(`made ${directory}/pki/master/seal-1.pem: keep a copy`));
  const sealed = await run('hunter2\n', 'pillar', 'encrypt', '--key', key.out.trim());
  t.regex(sealed.out, /^!secret tsalt-sealed-v1\.[\w.-]+\n$/);
  t.is((await run(sealed.out, 'pillar', 'decrypt')).out, 'hunter2\n');
  t.is((await run(`password: ${sealed.out}`, 'pillar', 'decrypt')).out, 'hunter2\n');
  t.is((await run(undefined, 'pillar', 'decrypt', sealed.out.slice('!secret '.length).trim())).out, 'hunter2\n');
  const lines = await run('one line\nanother\n', 'pillar', 'encrypt');
  t.is((await run(lines.out, 'pillar', 'decrypt')).out, 'one line\nanother\n');
});

test('pillar encrypt: on a terminal, asked twice; what differs, is broken off, empty or short is not sealed', async (t) => {
  const { run, keys } = machine(t);
  makeSealKey(keys);
  const good = await run(['hunter2', 'hunter2'], 'pillar', 'encrypt');
  t.is((await run(good.out, 'pillar', 'decrypt')).out, 'hunter2\n');
  for (const [given, said] of [
    [['hunter2', 'hunter3'], /the two were not the same/],
    [['hunter2'], /broken off/],
    [['', ''], /nothing was given/],
    ['abc\n', /has 4 characters at least/],
    [Buffer.from('hunter2-\xe9', 'latin1'), /no UTF-8 text/],
  ] as const) {
    const { code, out, err } = await run(given, 'pillar', 'encrypt');
    t.deepEqual([code, out], [2, '']);
    t.regex(err, said);
    t.notRegex(err, /hunter2/);
  }
});

test('pillar rekey: all files sealed to the newest key, or none touched', async (t) => {
  const { run, directory, pillar, seal, keys } = machine(t);
  const old = await seal('hunter2');
  pillar(`a: ${old}\nb: [x, ${old}]\n`);
  const file = path.join(directory, 'pillar/a.sls');
  chmodSync(file, 0o640);
  const newest = makeSealKey(keys);
  write(directory, { 'pillar/b.sls': `a: ${old.slice(0, -1)}\n` });
  const failed = await run(undefined, 'pillar', 'rekey', 'pillar/a.sls', 'pillar/b.sls');
  t.is(failed.code, 2);
  t.regex(failed.err, /pillar\/b\.sls:1:\d+: this sealed text is damaged/);
  t.is(readFileSync(file, 'utf8'), `a: ${old}\nb: [x, ${old}]\n`);
  const done = await run(undefined, 'pillar', 'rekey', 'pillar/a.sls');
  t.is(done.err, 'pillar/a.sls: 2 sealed anew\n');
  const text = readFileSync(file, 'utf8');
  t.is(text.split(newest.name).length, 3);
  t.is((await run(text.split('\n')[0] ?? '', 'pillar', 'decrypt')).out, 'hunter2\n');
  t.is((await run(undefined, 'pillar', 'rekey', 'pillar/a.sls')).err, 'pillar/a.sls: 0 sealed anew\n');
});

test('marked values: used by states, shown by nobody', async (t) => {
  const { directory, pillar, state, call, seal } = machine(t);
  const sealed = await seal('hunter2-sealed');
  pillar(
    `db: {password: ${sealed}, user: me}\nplain: !secret 1234567\nlines: !secret |\n  first line\n  second line\n`,
  );
  const items = await call('pillar.items');
  t.deepEqual(JSON.parse(items.out), {
    local: { db: { password: '[secret]', user: 'me' }, plain: '[secret]', lines: '[secret]\n' },
  });
  t.deepEqual(JSON.parse((await call('pillar.get', 'db:password')).out), { local: '[secret]' });
  const file = path.join(directory, 'out');
  state(
    `f:\n  file.managed:\n    - name: ${file}\n    - contents: |\n        {{pillar.db.password}} {{pillar.plain}}\n`,
  );
  const applied = await call('state.apply', 's');
  t.is(readFileSync(file, 'utf8'), 'hunter2-sealed 1234567\n');
  t.is(applied.code, 0);
  for (const fun of ['state.show_sls', 'state.show_low_sls']) t.notRegex((await call(fun, 's')).out, /hunter2|1234567/);
});

test('marked values: out of a source besides the tree, hidden; what is wrong with one, with its line', async (t) => {
  const { directory, pillar, call } = machine(t);
  pillar('a: 1\n');
  const file = path.join(directory, 'etc/minion');
  const config = readFileSync(file, 'utf8');
  const print = (text: string) => {
    const source = { cmd_yaml: ['printf', text] };
    write(directory, { 'etc/minion': JSON.stringify({ ...(JSON.parse(config) as object), ext_pillar: [source] }) });
  };
  print('p: !secret hunter2-ext\\n');
  t.deepEqual(JSON.parse((await call('pillar.items')).out), { local: { a: 1, p: '[secret]' } });
  print('p: !secret abc\\n');
  t.regex((await call('pillar.items')).err, /ext_pillar cmd_yaml: its answer, line 1, column 12: a secret has 4/);
});

test('marked values: what is wrong with states that use them, told without them', async (t) => {
  const { directory, pillar, state, call, run } = machine(t);
  pillar('p: !secret hunter2-plain\n');
  state('f:\n  file.managed:\n    - name: /tmp/x\n    - mode: {{pillar.p}}\n');
  for (const shown of [await call('state.apply', 's'), await run(undefined, 'check', path.join(directory, 'states'))]) {
    t.is(shown.code, 2);
    t.regex(`${shown.out}${shown.err}`, /s\.sls:4:13: 'mode' has to be a mode/);
    t.notRegex(`${shown.out}${shown.err}`, /hunter2/);
  }
});

test('marked values: a mistake in the pillar file itself, its line shown without them', async (t) => {
  const { directory, pillar, call, run } = machine(t);
  for (const [text, said] of [
    ['p: !secret hunter2-plain\np: !secret hunter2-other\n', /a\.sls:2:1: 'p' is already a key here/],
    ['p: !secret hunter2-plain {{undefined_name}}\n', /a\.sls:1:\d+: .*undefined_name/],
    ['p: !secret |\n  hunter2-plain {{undefined_name}}\n', /a\.sls:2:\d+: .*undefined_name/],
    ['p: !secret "hunter2-plain\n', /never closed/],
    ['include: !secret hunter2-plain\n', /a\.sls:1:\d+: /],
    ['p: !secret |\n  hunter2-plain\n q: x\n', /a\.sls:3/],
  ] as const) {
    pillar(text);
    for (const shown of [await call('pillar.items'), await run(undefined, 'check', path.join(directory, 'pillar'))]) {
      t.not(shown.code, 0, text);
      t.regex(`${shown.out}${shown.err}`, said);
      t.notRegex(`${shown.out}${shown.err}`, /hunter2/, text);
    }
  }
});

test('marked values: short ones, maps and lists, an error with its place', async (t) => {
  const { pillar, call, seal } = machine(t);
  for (const [text, said] of [
    ['p: !secret abc\n', /a\.sls:1:12: a secret has 4 characters at least/],
    ['p: !secret\n', /a\.sls:1:\d+: a secret has 4/],
    ['p: !secrt hunter2-typo\n', /a\.sls:1:11: tag !secrt has no meaning here\nhint: did you mean '!secret'/],
    ['p: !secret {a: b}\n', /a\.sls:1:12: a marked secret is one text, not a map\n.*\n.*\nhint: mark each text/],
    ['p: !secret [a, b]\n', /not a list/],
    [`p: ${(await seal('hunter2')).slice(0, -3)}\n`, /a\.sls:1:12: this sealed text is damaged: .*check does not fit/],
    ['p: !secret tsalt-sealed-v9.abc\n', /sealed as 'tsalt-sealed-v9', which this tsalt does not know/],
  ] as const) {
    pillar(text);
    const { err, code } = await call('pillar.items');
    t.is(code, 2, text);
    t.regex(err, said);
    t.notRegex(err, /hunter2/);
  }
});

test('marked values: in a state file, an error that says where they belong', async (t) => {
  const { pillar, state, call } = machine(t);
  pillar('a: 1\n');
  state('f:\n  test.nop:\n    - name: !secret hunter2-plain\n');
  const { out, code } = await call('state.apply', 's');
  t.is(code, 2);
  t.regex(out, /s\.sls:3:21: a value can be marked '!secret' in a pillar file only/);
  t.regex(out, /marked secrets belong in pillar/);
  t.notRegex(out, /hunter2/);
});

test('marked values: sealed to a key that is not here, its name and what to do; check without any key, only whether they are whole', async (t) => {
  const { directory, pillar, state, call, run } = machine(t);
  const other = machine(t);
  const { name, keys } = makeSealKey(other.keys);
  const sealed = (await run('hunter2', 'pillar', 'encrypt', '--key', formatPublicKey(keys.publicKey))).out;
  pillar(`p: ${sealed}`);
  const { err, code } = await call('pillar.items');
  t.is(code, 2);
  t.regex(
    err,
    new RegExp(`a\\.sls:1:12: this is sealed to the key ${name}, which is not in .*pki/minion or .*pki/master`),
  );
  state('f:\n  test.nop:\n    - name: x {{pillar.p}}\n');
  for (const tree of ['pillar', 'states']) t.is((await run(undefined, 'check', path.join(directory, tree))).code, 0);
  pillar(`p: ${sealed.slice(0, -9)}\n`);
  t.regex(
    (await run(undefined, 'check', path.join(directory, 'pillar'))).out,
    /a\.sls:1:12: this sealed text is damaged/,
  );
});

test('the guide: its pillar file and state, sealed to this machine, the file has the password', async (t) => {
  const { directory, call, seal } = machine(t);
  const sealed = await seal('correct horse');
  for (const { text } of blocksOf('docs/guides/secrets.md')) {
    const [, file] = /^# \/srv\/tsalt\/(\S+)\n/.exec(text) ?? [];
    const own = text.replace(/!secret tsalt-sealed-\S+/, sealed).replace('/etc/shop.conf', `${directory}/shop.conf`);
    if (file !== undefined) write(directory, { [file]: own });
  }
  const { code, out } = await call('state.apply', 'db');
  t.is(code, 0, out);
  t.is(readFileSync(path.join(directory, 'shop.conf'), 'utf8'), 'user=shop\npassword=correct horse\n');
});

test('check: a marked value that is not sealed, a note and no mistake', async (t) => {
  const { directory, pillar, run, seal } = machine(t);
  pillar(`a: !secret hunter2-plain\nb: ${await seal('hunter2')}\n`);
  const { err, out, code } = await run(undefined, 'check', path.join(directory, 'pillar'));
  t.deepEqual([code, out], [0, '']);
  t.regex(
    err,
    /^note: .*a\.sls:1:12: this secret can be read by whoever reads the file: 'tsalt pillar encrypt' seals it\n/,
  );
  t.notRegex(err, /hunter2|:2:/);
});
