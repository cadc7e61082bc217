import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { repositoryIn } from '../kit/git.ts';

const secret = 'canary-2f86d0';

/** A returner that writes lines to a file, by a helper that it imports. */
const lines = (word: string): string => `import { appendFileSync } from 'node:fs';
import { defineReturner, v } from 'tsalt/plugins';
import { lineOf } from '../_utils/line.ts';

export default defineReturner({
  summary: 'Writes lines.',
  settings: v.strictObject({ file: v.string(), times: v.optional(v.number(), 1) }),
  open: ({ file, times }, { master }) => ({
    async send(events) {
      for (const { tag, data } of events) {
        if (data['n'] === -1) throw Object.assign(new Error('not this one'), { refused: true });
        appendFileSync(file, lineOf(master, '${word}', tag, data['n']).repeat(times));
      }
    },
  }),
});
`;
const helper = "export const lineOf = (...words: unknown[]): string => `${words.join(' ')}\\n`;\n";

const standing = async (cluster: Cluster): Promise<JsonMap> =>
  ((await cluster.run('returner.list')) as JsonMap[])[0] ?? {};
const read = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .replace(/\S+_master /g, '')
        .split('\n')
        .slice(0, -1)
    : [];
const fire = (cluster: Cluster, n: number) => cluster.run('event.send', 'my/event', { n });

test('a returner of _returners: named in config it gets what is sent, is changed with the tree, and waits while it is broken or gone', async (t) => {
  const cluster = await startCluster(t);
  const out = path.join(cluster.directory, 'out');
  write(cluster.states, '_returners/lines.ts', lines('one'));
  write(cluster.states, '_utils/line.ts', helper);
  await cluster.restartMaster({ returners: { own: { kind: 'lines', file: out, times: 2, events: 'my/*' } } });
  await fire(cluster, 1);
  await eventually(() => read(out).length === 2);
  t.deepEqual(read(out), ['one my/event 1', 'one my/event 1']);
  await fire(cluster, -1);
  await eventually(async () => ((await cluster.run('reactor.dead')) as JsonMap[])[0]);
  t.deepEqual(await cluster.run('saltutil.sync_returners'), ['returners.lines']);
  t.deepEqual(await cluster.run('saltutil.sync_returners'), []);

  write(cluster.states, '_returners/lines.ts', `export default {\n  summary: 3 +,\n};\n`);
  const told = (await cluster.run('saltutil.sync_returners')) as string[];
  t.regex(told[1] ?? '', /^returners\.lines: \S+_returners\/lines\.ts:2:\d+: this is not TypeScript/);
  await eventually(async () => {
    await fire(cluster, 2);
    return (await standing(cluster))['state'] === 'away';
  });
  t.regex(asText((await standing(cluster))['error']), /_returners\/lines\.ts:2:\d+:.*this is not TypeScript/);
  const before = read(out).length;

  write(cluster.states, '_returners/lines.ts', lines('two'));
  await eventually(() => read(out).length > before);
  t.is(read(out).at(-1), 'two my/event 2', 'what came meanwhile waited');
});

test('a returner of _returners: what it does not take is told, without the value', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, '_returners/lines.ts', lines('one'));
  write(cluster.states, '_utils/line.ts', helper);
  await cluster.restartMaster({ returners: { lines: { fiel: secret, times: secret, events: 'my/*' } } });
  await fire(cluster, 1);
  const error = await eventually(async () => (await standing(cluster))['error']);
  t.regex(asText(error), /returner 'lines': it takes no 'fiel'/);
  t.false(`${asText(error)}${cluster.master.log()}`.includes(secret));
});

test('a returner of _returners in git: it is away until it is fetched, and begins anew with what is pushed', async (t) => {
  const cluster = await startCluster(t);
  const out = path.join(cluster.directory, 'out');
  const repository = repositoryIn(path.join(cluster.directory, 'origin'));
  repository.commit({ 'top.sls': '' });
  await cluster.restartMaster({
    fileserver_backend: ['git', 'roots'],
    gitfs_remotes: [repository.directory],
    gitfs_update_interval: 3600,
    returners: { own: { kind: 'lines', file: out, events: 'my/*' } },
  });
  await fire(cluster, 1);
  await eventually(async () => (await standing(cluster))['state'] === 'away');
  t.is((await standing(cluster))['error'], "there is no 'lines' in _returners of the state tree");

  repository.commit({ '_returners/lines.ts': lines('one'), '_utils/line.ts': helper });
  await cluster.run('fileserver.update');
  await eventually(() => read(out).includes('one my/event 1'));
  repository.commit({ '_returners/lines.ts': lines('two') });
  await cluster.run('fileserver.update');
  let n = 1;
  await eventually(async () => {
    await fire(cluster, ++n);
    return read(out).some((line) => line.startsWith('two '));
  });
  const numbers = read(out).map((line) => Number(line.split(' ')[2]));
  t.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
    'in their order',
  );
});

test('a kind that is neither built in nor in the tree: the master does not start', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, '_returners/lines.ts', lines('one'));
  await cluster.master.stop();
  cluster.master.configure({ returners: { own: { kind: 'line' } } });
  cluster.master.start();
  await eventually(() => !cluster.master.isRunning());
  t.regex(cluster.master.log(), /returner 'own': there is no kind 'line'\W+hint: did you mean 'lines'\?/);
});

test('returners that the config has wrong: the master does not start, and says where, without the line', async (t) => {
  const cluster = await startCluster(t);
  await cluster.master.stop();
  const parts = path.join(cluster.master.configDir, 'master.d');
  write(parts, '20-out.conf', `returners:\n  graphite:\n    host: ${secret}\n    portt: 2003\n`);
  await t.throwsAsync(cluster.restartMaster(), { message: /did not start/ });
  const log = cluster.master.log();
  t.true(
    log.includes(`${parts}/20-out.conf:4:5: returner 'graphite': it takes no 'portt'\nhint: did you mean 'port'?`),
    log,
  );
  t.false(log.includes(secret));
});
