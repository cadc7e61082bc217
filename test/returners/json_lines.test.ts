import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { never, opened, returned } from './kit.ts';

function folder(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

const numbers = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { number: number }).number);

test('json_lines: each event is a line, readable by its owner alone, and half a line of a crash is taken away', async (t) => {
  const file = path.join(folder(t), 'events.json');
  const returner = await opened('json_lines', { file });
  await returner.send([returned(1, 'a', 'b.c', 'x\ny'), returned(2, 'a', 'b.c', 2)], never);
  t.is(statSync(file).mode & 0o777, 0o600);
  appendFileSync(file, '{"number":3,"ta');
  await returner.send([returned(3, 'a', 'b.c', 'ü'.repeat(100_000))], never);
  appendFileSync(file, '{"number":4,"tag":"'.padEnd(200_000, 'x'));
  await returner.send([returned(4, 'a', 'b.c', 4)], never);
  t.deepEqual(numbers(file), [1, 2, 3, 4]);
});

test('json_lines: half a line of a crash is in no file that is named on', async (t) => {
  const file = path.join(folder(t), 'events.json');
  const returner = await opened('json_lines', { file, max_bytes: 400 });
  await returner.send([returned(1, 'a', 'b.c', 'x'.repeat(150))], never);
  appendFileSync(file, '{"number":2,"ta');
  await returner.send([returned(2, 'a', 'b.c', 'x'.repeat(150))], never);
  t.regex(readFileSync(`${file}.1`, 'utf8'), /\}\n$/);
  t.deepEqual([numbers(`${file}.1`), numbers(file)], [[1], [2]]);
});

for (const [keep, left] of [
  [2, ['events.json', 'events.json.1', 'events.json.2']],
  [0, ['events.json']],
] as const) {
  test(`json_lines: a full file is named on, and ${keep} are kept`, async (t) => {
    const directory = folder(t);
    const file = path.join(directory, 'events.json');
    const returner = await opened('json_lines', { file, max_bytes: 400, keep });
    for (let seq = 1; seq <= 9; seq++) await returner.send([returned(seq, 'a', 'b.c', 'x'.repeat(150))], never);
    t.deepEqual(readdirSync(directory).sort(), [...left]);
    t.deepEqual(numbers(file), [9]);
    if (keep > 0) t.deepEqual(numbers(`${file}.1`), [8]);
  });
}

test('json_lines: two that write to one file, are refused, until the first lets go of it', async (t) => {
  const file = path.join(folder(t), 'events.json');
  const one = await opened('json_lines', { file });
  await t.throwsAsync(opened('json_lines', { file }), { code: 'TS_RETURNER_FILE_TAKEN' });
  await one.close?.();
  await t.notThrowsAsync(opened('json_lines', { file }));
});

test('json_lines: a directory that is not there, is a failure that is tried again', async (t) => {
  const returner = await opened('json_lines', { file: path.join(folder(t), 'no', 'events.json') });
  await t.throwsAsync(returner.send([returned(1, 'a', 'b.c', 1)], never), { code: 'ENOENT' });
});
