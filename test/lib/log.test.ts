import test from 'ava';
import { loadMasterConfig } from '../../lib/config/load.ts';
import { lineLog, logOf, type LogOptions } from '../../lib/log.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

function written(options: LogOptions) {
  const lines: string[] = [];
  return {
    lines,
    log: lineLog(
      (line) => lines.push(line),
      () => Date.UTC(2026, 0, 31),
      options,
    ),
  };
}

test('log: a line has time, level, message and facts; as JSON it is an object', (t) => {
  const text = written({});
  logOf(text.log, 'wire')('info', 'said "yes"', { id: 'web1', why: 'two words', none: undefined });
  t.deepEqual(text.lines, ['2026-01-31T00:00:00.000Z info    said "yes" id=web1 why="two words" component=wire\n']);
  const json = written({ form: 'json' });
  logOf(json.log, 'jobs')('warning', 'line\nbreak', { n: 1 });
  json.log('error', 'of none');
  const time = '2026-01-31T00:00:00.000Z';
  t.deepEqual(
    json.lines.map((line) => JSON.parse(line) as unknown),
    [
      { time, level: 'warning', component: 'jobs', message: 'line\nbreak', n: 1 },
      { time, level: 'error', message: 'of none' },
    ],
  );
});

test('log: a part may say more or less than the others', (t) => {
  const { lines, log } = written({ least: 'warning', levels: { wire: 'debug', keys: 'quiet' } });
  logOf(log, 'wire')('debug', 'seen');
  logOf(log, 'jobs')('info', 'unseen');
  logOf(log, 'keys')('error', 'unseen');
  log('error', 'seen');
  t.deepEqual(
    lines.map((line) => line.split(/ +/)[2]?.trim()),
    ['seen', 'seen'],
  );
});

test('log: levels of a part that there is not are an error of the config that names those there are', (t) => {
  const env = { TSALT_LOG_LEVELS: '{wrie: debug}' };
  const wrong = t.throws(() => loadMasterConfig({ env }));
  t.regex(wrong.message, /'log_levels: wrie' should be a map from part \(.*wire\) to level/);
});

test('log: a master says in JSON who says what, at the levels of its config', async (t) => {
  const cluster = await startCluster(t, {
    log_form: 'json',
    log_level: 'info',
    log_levels: { keys: 'quiet' },
  });
  cluster.startMinion('web1');
  await eventually(async () => JSON.stringify(await cluster.control.call('key.list')).includes('web1'));
  const lines = cluster.master
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.true(lines.some(({ message }) => message === 'the master is running'));
  t.deepEqual(
    lines.filter(({ component }) => component === 'keys'),
    [],
  );
});

for (const form of ['text', 'json'] as const)
  test(`log: as ${form}: a value of millions of characters, is cut`, (t) => {
    const lines: string[] = [];
    const log = lineLog(
      (line) => void lines.push(line),
      () => 0,
      { form },
    );
    log('warning', 'it was refused', { reason: `no '${'x'.repeat(3_000_000)}'`, count: 3 });
    t.true((lines[0]?.length ?? 0) < 4_200);
    t.regex(lines[0] ?? '', /no 'x{3990,}… \(3000005 characters\)"/);
  });
