import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { main } from '../../cli/main.ts';
import { captured, write } from '../states-engine/kit.ts';
import { blocksOf, root, textOf } from './pages.ts';

const example = (ending: string): string => {
  const [, name = ''] = new RegExp(`\`(examples/hello/[\\w/]+/${ending})\``).exec(textOf('README.md')) ?? [];
  return name;
};
const blocks = blocksOf('README.md').filter(({ language }) => language === 'yaml');

test('README: its state and reactor, are the files it names', (t) => {
  const [state, reactor] = blocks;
  t.is(state?.text, readFileSync(path.join(root, example('hello.sls')), 'utf8'));
  t.is(reactor?.text, readFileSync(path.join(root, example('welcome.sls')), 'utf8'));
});

test('README: its state and reactor, check finds nothing wrong, and the state does what it says', async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const [state, reactor, config] = blocks.map(({ text }) => text);
  write(directory, {
    'states/hello.sls': state ?? '',
    'reactor/welcome.sls': reactor ?? '',
    'etc/master': config ?? '',
  });
  mkdirSync(path.join(directory, 'try/etc'), { recursive: true });

  const checking = captured(directory);
  t.is(await main(['check', 'states', 'reactor', 'etc/master'], checking), 0, checking.printed.out);

  const words = ['call', '--local', '--config-dir', 'etc', '--id', 'web1', '--file-root', 'states', '--root', 'try'];
  const run = async (...more: string[]) => {
    const io = captured(directory);
    const code = await main([...words, 'state.apply', 'hello', ...more, '--out', 'json'], io);
    const results = JSON.parse(io.printed.out) as {
      local: Record<string, { result: boolean | null; changes: object }>;
    };
    return { code, states: Object.values(results.local) };
  };
  const foretold = await run('test=True');
  t.is(foretold.code, 0);
  t.deepEqual(
    foretold.states.map(({ result }) => result),
    [null, null],
  );
  t.throws(() => readFileSync(path.join(directory, 'try/etc/motd')), { code: 'ENOENT' });

  t.is((await run()).code, 0);
  t.regex(
    readFileSync(path.join(directory, 'try/etc/motd'), 'utf8'),
    /^web1 runs \w+, and is configured by tsalt\.\n$/,
  );
  t.regex(readFileSync(path.join(directory, 'try/etc/hosts'), 'utf8'), /^10\.0\.0\.1\s+head\.cluster$/m);
  t.true((await run()).states.every(({ result, changes }) => result === true && Object.keys(changes).length === 0));
});
