import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isMap, type Json } from '../../lib/json.ts';
import { run, write } from './kit.ts';

/* What a state run is told to leave out, besides what files say themselves. */

const nop = (id: string): string => `${id}:\n  test.nop: []\n`;

/** The ids that were run, or what is wrong, with these words for the command line. */
async function ran(t: ExecutionContext, ...words: string[]): Promise<Json> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-test-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  write(directory, {
    'states/top.sls': "base:\n  '*': [app, app.cron, db]\n",
    'states/other.sls': "base:\n  '*': [app.cron, db]\n",
    'states/app/init.sls': `include: [db]\n${nop('app')}${nop('port')}exclude:\n  - id: never\n${nop('never')}`,
    'states/app/cron.sls': `${nop('cron')}extend:\n  db:\n    test:\n      - name: extended\n`,
    'states/db.sls': nop('db'),
    'states/needs.sls': `include: [db]\nneeds:\n  test.nop:\n    - require: [db]\n`,
  });
  const { out, err } = await run(directory, path.join(directory, 'states'), words);
  if (out === '') return err;
  const { local } = JSON.parse(out) as { local: Json };
  if (!isMap(local)) return local;
  return Object.values(local).map((one) => (isMap(one) ? (one['__id__'] ?? null) : null));
}

test('exclude: state files by name, with commas, as a list or by a glob, and states by their ids', async (t) => {
  t.deepEqual(await ran(t, 'state.apply', 'app', 'exclude=db'), ['app', 'port']);
  t.deepEqual(await ran(t, 'state.sls', 'app,app.cron', 'exclude=db, app.cron'), ['app', 'port']);
  t.deepEqual(await ran(t, 'state.apply', 'app', "exclude=[{id: port}, {sls: 'd*'}]"), ['app']);
  t.deepEqual(await ran(t, 'state.highstate', 'exclude=app*'), ['db']);
  t.deepEqual(await ran(t, 'state.apply', 'exclude=[app, app.cron, db]'), []);
  t.deepEqual(await ran(t, 'state.top', 'other.sls', 'exclude=app.cron'), ['db']);
  t.deepEqual(await ran(t, 'state.test', 'app', 'exclude=nowhere'), ['db', 'app', 'port']);
});

test('exclude: what is required and left out is an error, and so is what can not be left out', async (t) => {
  t.regex(JSON.stringify(await ran(t, 'state.apply', 'needs', 'exclude=db')), /'require' names 'db'.*it is excluded/);
  t.regex(
    JSON.stringify(await ran(t, 'state.apply', 'app', 'exclude=[{file: x}]')),
    /'exclude' has to be names of state files, or a list of them, of '{sls: NAME}'/,
  );
});
