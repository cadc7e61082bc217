import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { asText } from '../../lib/json.ts';
import { filesOf } from '../kit/files.ts';
import { startCluster } from '../kit/cluster.ts';

/* Two files of one name are two files. */

function trees(t: { teardown(end: () => void): void }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-envs-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  };
  return { put, at: (name: string) => [path.join(directory, name)] };
}

test('environments: the same name in two of them, each has its own bytes, in whatever order they are asked for', async (t) => {
  const { put, at } = trees(t);
  put('base/app/conf', 'of base');
  put('dev/app/conf', 'of dev');
  const orders = [
    ['base', 'dev'],
    ['dev', 'base'],
    ['base', 'dev', 'base', 'dev'],
  ];
  for (const order of orders) {
    // Time goes by with each look at the clock: the walk before still answers when the next one asks.
    let now = 0;
    const files = filesOf({ base: at('base'), dev: at('dev') }, () => now++);
    for (const env of order) {
      const [entry] = (await files.manifest(env))?.entries ?? [];
      const { data } = files.chunk(entry?.[1] ?? '', 0);
      t.is(Buffer.from(asText(data), 'base64').toString(), `of ${env}`);
    }
    t.not((await files.manifest('base'))?.hash, (await files.manifest('dev'))?.hash);
  }
});

test('environments: a minion that has fetched a file of one, is given the other one of that name, and the first again', async (t) => {
  const { put, at } = trees(t);
  for (const env of ['base', 'dev']) {
    put(`${env}/conf`, `of ${env}`);
    put(`${env}/x.sls`, '/conf:\n  file.managed:\n    - source: salt://conf\n');
  }
  const cluster = await startCluster(t, { file_roots: { base: at('base'), dev: at('dev') } });
  const minion = await cluster.joinMinion('web1');
  for (const env of ['base', 'dev', 'base']) {
    const { stdout, stderr } = await cluster.tsalt(
      'exec',
      'web1',
      'state.apply',
      'x',
      `saltenv=${env}`,
      '--out',
      'json',
    );
    t.is(readFileSync(path.join(minion.root, 'conf'), 'utf8'), `of ${env}`, stdout + stderr);
  }
});
