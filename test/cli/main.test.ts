import test from 'ava';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';
import { describeOptions, parseOptions } from '../../cli/options.ts';

function hold(): Io & { readonly printed: { out: string; err: string } } {
  const printed = { out: '', err: '' };
  return {
    printed,
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    env: {},
    cwd: '/',
    interrupted: new AbortController().signal,
  };
}

test('command line: an unknown verb alone, exit 2 with the nearest verb', async (t) => {
  const io = hold();
  t.is(await main(['chekc'], io), 2);
  t.regex(io.printed.err, /'chekc' is not a verb of tsalt/);
  t.regex(io.printed.err, /did you mean 'check'\?/);
  t.is(io.printed.out, '');
});

test('command line: a verb misspelt before its action, no target', async (t) => {
  for (const [words, verb] of [
    [['evnt', 'listen'], 'event'],
    [['kye', 'accept', 'web1'], 'key'],
  ] as const) {
    const io = hold();
    t.is(await main(words, io), 2);
    t.regex(io.printed.err, new RegExp(`'${words[0]}' is not a verb of tsalt\nhint: did you mean '${verb}'\\?`));
  }
});

test('command line: a word that objects have by birth, no verb', async (t) => {
  const io = hold();
  t.is(await main(['constructor'], io), 2);
  t.regex(io.printed.err, /'constructor' is not a verb/);
});

test('command line: --help, every verb with its summary on stdout', async (t) => {
  const io = hold();
  t.is(await main(['--help'], io), 0);
  t.regex(io.printed.out, /call +run a function on this machine/);
  t.is(io.printed.err, '');
});

const options = {
  'file-root': { value: 'DIR', many: true, help: 'where states are' },
  out: { value: 'FORM', help: 'how to print' },
  local: { short: 'l', help: 'no master' },
} as const;

test('options: mixed with words, all forms are read', (t) => {
  const { options: found, words } = parseOptions('call', options, [
    '--file-root',
    '/a',
    'test.echo',
    '--file-root=/b=c',
    '-l',
    '-5',
    '--',
    '--out',
  ]);
  t.deepEqual(found, { 'file-root': ['/a', '/b=c'], local: true });
  t.deepEqual(words, ['test.echo', '-5', '--out']);
});

test('options: an unknown one, the nearest name', (t) => {
  const error = t.throws(() => parseOptions('call', options, ['--file-rot', '/a']));
  t.regex(error.message, /tsalt call has no option '--file-rot'\nhint: did you mean '--file-root'\?/);
});

test('options: a value that is missing, said with the kind of value', (t) => {
  t.throws(() => parseOptions('call', options, ['--out']), { message: 'option --out FORM needs a value' });
  t.throws(() => parseOptions('call', options, ['--local=yes']), { message: 'option --local takes no value' });
});

test('options: stopAtWord, options of the command that follows are left to it', (t) => {
  t.deepEqual(parseOptions('x', options, ['-l', 'run', '--out'], { stopAtWord: true }).words, ['run', '--out']);
});

test('options: described in columns', (t) => {
  t.is(
    describeOptions(options),
    '      --file-root DIR  where states are\n      --out FORM       how to print\n  -l, --local          no master\n',
  );
});

test('call: a tree that the command line names and that is not there, exit 2 and no empty tree', async (t) => {
  for (const words of [
    ['--file-root', 'nowhere', 'state.apply', 'web'],
    ['--pillar-root', 'nowhere', 'pillar.items'],
  ]) {
    const io = hold();
    t.is(await main(['call', '--local', ...words], io), 2);
    t.regex(io.printed.err, /^error: there is no directory '\S*\/nowhere'\n$/);
    t.is(io.printed.out, '');
  }
});
