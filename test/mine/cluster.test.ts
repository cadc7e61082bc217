import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { connectLocal } from '../../wire/local/client.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

/* The mine of a real master with real minions. */

/** What a function of a minion answers. */
async function answer(cluster: Cluster, id: string, fun: string, arg: Json[] = []): Promise<Json> {
  const [ending] = await cluster.exec(id, fun, arg, 30);
  if (ending?.state !== 'returned') throw new Error(`${id} ${fun}: ${JSON.stringify(ending)}`);
  return ending.return ?? null;
}

/** Minions whose mine has the entry `where`, the text that is their own. */
async function withMinions(t: ExecutionContext, ids: readonly string[], config: JsonMap = {}): Promise<Cluster> {
  return joined(await startCluster(t, config), ids);
}

/** What of the state tree is not written before, the master may take a while to see. */
async function joined(cluster: Cluster, ids: readonly string[]): Promise<Cluster> {
  await Promise.all(ids.map((id) => cluster.joinMinion(id, { config: minionConfig(id) })));
  await eventually(
    async () => Object.keys((await cluster.run('mine.get', '*', 'where')) as JsonMap).length === ids.length,
  );
  return cluster;
}

const minionConfig = (id: string): JsonMap => ({
  grains: { role: id.replace(/\d+$/, '') },
  mine_functions: { where: [{ mine_function: 'test.echo' }, `place of ${id}`], 'test.ping': [] },
});

test.serial(
  'mine: what minions are to tell is there when they are accepted, by all types of target, for one function or several',
  async (t) => {
    const cluster = await withMinions(t, ['web1', 'web2', 'db1']);
    const get = (...arg: Json[]) => answer(cluster, 'db1', 'mine.get', arg);
    const web = { web1: 'place of web1', web2: 'place of web2' };
    t.deepEqual(await get('web*', 'where'), web);
    t.deepEqual(await get('role:web', 'where', 'grain'), web);
    t.deepEqual(await get('G@role:web and not web2', 'where', 'compound'), { web1: 'place of web1' });
    t.deepEqual(await get('web1,db1,none', 'where', 'list'), { web1: 'place of web1', db1: 'place of db1' });
    t.deepEqual(await get(['web2', 'none'], 'where', 'list'), { web2: 'place of web2' });
    t.deepEqual(await get('*1', 'where', 'glob', true), { web1: 'place of web1' });
    t.deepEqual(await get('web1', 'where,test.ping'), {
      where: { web1: 'place of web1' },
      'test.ping': { web1: true },
    });
    t.deepEqual(await get('web1', ['test.ping']), { 'test.ping': { web1: true } });
    t.deepEqual(await get('*', 'test.version'), {});
    t.deepEqual(await cluster.run('mine.get', 'role:web', 'where', 'grain'), web);

    const [bad] = await cluster.exec('db1', 'mine.get', ['role', 'where', 'grain'], 30);
    t.is(bad?.['success'], false);
    t.regex(JSON.stringify(bad?.return), /'role' needs a name and a value with a ':' between them/);
  },
);

test.serial(
  'mine: the address of one minion is in a state and in a file of another, the same in all of a run',
  async (t) => {
    const cluster = await startCluster(t);
    write(
      cluster.states,
      'lb.sls',
      `{{#each (salt "mine.get" "role:web" "where" "grain") as |place id|}}
/etc/servers/{{id}}:
  file.managed:
    - contents: {{place}}
    - makedirs: true
{{/each}}
/etc/lb.cfg:
  file.managed:
    - source: salt://lb.cfg
    - template: handlebars
    - makedirs: true
`,
    );
    const each = (what: string) => `{{#each (salt "mine.get" ${what}) as |place id|}}\n{{id}}={{place}}\n{{/each}}\n`;
    write(cluster.states, 'lb.cfg', each('"*" "where" exclude_minion=true') + each('"lb1" "where"'));
    write(
      cluster.states,
      'code.sls',
      `#!ts
export default ({ salt }) => {
  let place = 'nobody';
  try { place = salt('mine.get', ['web1', 'where']).web1; } catch {}
  return { '/etc/code': { 'file.managed': [{ contents: place }, { makedirs: true }] } };
};
`,
    );
    write(
      cluster.states,
      'again.sls',
      `first:
  test.nop:
    - name: {{lookup (salt "mine.get" "lb1" "where") "lb1"}}
told:
  module.run:
    - mine.send: [where, now, {mine_function: test.echo}]
/etc/lb.cfg:
  file.managed:
    - source: salt://again.cfg
    - template: handlebars
`,
    );
    write(cluster.states, 'again.cfg', '{{lookup (salt "mine.get" "lb1" "where") "lb1"}}\n');
    await joined(cluster, ['web1', 'lb1']);
    const config = path.join(cluster.directory, 'minions/1/root/etc');
    const applied = (await answer(cluster, 'lb1', 'state.apply', [['lb', 'code']])) as Record<string, JsonMap>;
    t.deepEqual(
      Object.values(applied).map(({ result, comment }) => (result === true ? true : comment)),
      [true, true, true],
    );
    t.is(readFileSync(path.join(config, 'servers/web1'), 'utf8'), 'place of web1\n');
    t.is(readFileSync(path.join(config, 'lb.cfg'), 'utf8'), 'web1=place of web1\nlb1=place of lb1\n');
    t.is(readFileSync(path.join(config, 'code'), 'utf8'), 'place of web1\n');

    // What is told in the middle of a run counts in the next one.
    await answer(cluster, 'lb1', 'state.apply', ['again']);
    t.is(readFileSync(path.join(config, 'lb.cfg'), 'utf8'), 'place of lb1\n');
    await answer(cluster, 'lb1', 'state.apply', ['again']);
    t.is(readFileSync(path.join(config, 'lb.cfg'), 'utf8'), 'now\n');
  },
);

test.serial(
  'mine: a minion that may not, or of which too little is known, gets nothing, and nothing tells it that there is something',
  async (t) => {
    const cluster = await withMinions(t, ['web1', 'lb1', 'db1']);
    const send = (name: string, allow: string, type: string) =>
      cluster.control.call('exec', {
        tgt: 'web1',
        tgt_type: 'glob',
        fun: 'mine.send',
        arg: [name, 'secret'],
        kwarg: { mine_function: 'test.echo', allow_tgt: allow, allow_tgt_type: type },
        timeout: 30,
      });
    await send('byid', 'lb*', 'glob');
    await send('bygrain', 'role:lb', 'grain');
    await send('bynot', 'not G@role:db', 'compound');
    await send('bypillar', 'tier:front', 'pillar');
    await send('bylist', 'lb1,lb2', 'list');
    const names = ['byid', 'bygrain', 'bynot', 'bypillar', 'bylist'];
    const mine = (id: string) => answer(cluster, id, 'mine.get', ['*', names]);
    const secret = { web1: 'secret' };
    t.deepEqual(await mine('lb1'), { byid: secret, bygrain: secret, bynot: secret, bylist: secret });
    t.deepEqual(await mine('db1'), {});
    t.deepEqual(await mine('db1'), await answer(cluster, 'db1', 'mine.get', ['*', ['nothing', 'more']]));
    // Salt's own rule: nobody but those who are named, the teller among them.
    t.deepEqual(await mine('web1'), { bynot: secret });
    t.deepEqual(Object.keys((await cluster.run('mine.get', '*', names)) as JsonMap).length, 5);
  },
);

test.serial('mine: with rules, what no rule names may be read by nobody', async (t) => {
  const cluster = await withMinions(t, ['web1', 'web2', 'lb1'], {
    mine_access: [{ who: 'lb*', may: ['wh*'], of: 'G@role:web and not web2' }],
  });
  t.deepEqual(await answer(cluster, 'lb1', 'mine.get', ['*', 'where,test.ping']), { where: { web1: 'place of web1' } });
  t.deepEqual(await answer(cluster, 'web1', 'mine.get', ['*', 'where']), {});
  t.is(Object.keys((await cluster.run('mine.get', '*', 'where')) as JsonMap).length, 3);
});

test.serial('mine: what was told outlives a restart of the master, and goes with the key', async (t) => {
  const cluster = await withMinions(t, ['web1', 'db1']);
  t.true(await answer(cluster, 'web1', 'mine.send', ['test.version']));
  t.true(await answer(cluster, 'web1', 'mine.delete', ['test.ping']));
  await cluster.master.kill9();
  await cluster.restartMaster();
  await Promise.all([cluster.connected('web1'), cluster.connected('db1')]);
  const told = await answer(cluster, 'db1', 'mine.get', ['*', 'where,test.ping,test.version']);
  t.true(isMap(told));
  t.deepEqual(Object.keys((told as JsonMap)['where'] as JsonMap), ['db1', 'web1']);
  t.deepEqual(Object.keys((told as JsonMap)['test.ping'] as JsonMap), ['db1']);
  t.deepEqual(Object.keys((told as JsonMap)['test.version'] as JsonMap), ['web1']);

  t.is((await cluster.tsalt('key', 'delete', 'web1')).code, 0);
  t.deepEqual(Object.keys((await cluster.run('mine.get', '*', 'where')) as JsonMap), ['db1']);
  // The same machine with the same key: it is let in anew, and has told nothing.
  await eventually(
    async () => ((await cluster.control.call('key.accept', { match: 'web1' })) as string[]).length === 1,
  );
  await cluster.connected('web1');
  t.deepEqual(Object.keys((await cluster.run('mine.get', '*', 'test.version')) as JsonMap), []);
  t.true(await answer(cluster, 'db1', 'mine.flush'));
  t.deepEqual(await cluster.run('mine.get', 'db1', 'where'), {});
});

test.serial('mine: the runner, an orchestration and a reactor have minions tell anew, by a target', async (t) => {
  const ids = ['web1', 'web2', 'db1'];
  const reactor = path.join(mkdtempSync(path.join(tmpdir(), 'tsalt-mine-')), 'tell.sls');
  t.teardown(() => rmSync(path.dirname(reactor), { recursive: true }));
  writeFileSync(reactor, "tell:\n  runner.mine.update:\n    - args:\n      - tgt: '{{data.who}}'\n");
  const cluster = await withMinions(t, ids, { reactor: [{ 'tell/now': [reactor] }] });
  const tellers = async (): Promise<string> =>
    Object.keys((await cluster.run('mine.get', '*', 'where')) as JsonMap).join();
  for (const id of ids) await answer(cluster, id, 'mine.flush');
  t.is(await tellers(), '');
  t.deepEqual(await cluster.run('mine.update', 'web*'), { web1: true, web2: true });
  t.is(await tellers(), 'web1,web2');
  t.deepEqual(await cluster.run('mine.update', 'nobody'), {});

  await answer(cluster, 'web1', 'mine.flush');
  write(cluster.states, 'orch/tell.sls', "told:\n  salt.runner:\n    - name: mine.update\n    - tgt: 'web*'\n");
  const ran = await cluster.tsalt('run', 'state.orchestrate', 'orch.tell');
  t.is(ran.code, 0, ran.stdout + ran.stderr);
  t.is(await tellers(), 'web1,web2');

  await cluster.control.call('event.send', { tag: 'tell/now', data: { who: 'db*' } });
  await eventually(async () => (await tellers()) === 'db1,web1,web2');
});

/** Asks the master in a minion's name whatever one likes, as a minion that was taken over would. */
async function ask(cluster: Cluster, number: number, question: string, body: JsonMap): Promise<Json> {
  const own = await connectLocal('minion', path.join(cluster.directory, `minions/${number}/run/minion.sock`));
  return own.call('ask', { question, body }).finally(() => own.close());
}

test.serial(
  'mine: a minion that was taken over can tell for itself alone, so much and no more, and holds up nobody',
  async (t) => {
    const cluster = await startCluster(t);
    await cluster.joinMinion('web1');
    await cluster.joinMinion('db1');
    const entries = (bytes: number, number = 0): JsonMap => ({ [`e${number}`]: { value: 'x'.repeat(bytes) } });
    await ask(cluster, 0, 'mine.tell', { id: 'db1', entries: { as: { value: 1, id: 'db1' } } });
    t.deepEqual(await cluster.run('mine.get', '*', 'as'), { web1: 1 });

    await t.throwsAsync(ask(cluster, 0, 'mine.tell', { entries: entries(300_000), clear: true }), {
      message: /bytes in the mine, of at most 262144 for one minion: nothing was changed/,
    });
    t.deepEqual(await cluster.run('mine.get', '*', 'as'), { web1: 1 });
    const flood = Array.from({ length: 12 }, (_, number) =>
      ask(cluster, 0, 'mine.tell', { entries: entries(50_000, number) }).then(
        () => true,
        () => false,
      ),
    );
    t.true(await answer(cluster, 'db1', 'test.ping'));
    t.is((await Promise.all(flood)).filter((isTold) => isTold).length, 5);

    for (const [entry, expected] of [
      [{}, /should be a value, and who may read it/],
      [{ value: 1, allow: { tgt: 'role', tgt_type: 'grain' } }, /needs a name and a value/],
      [{ value: 1, allow: { tgt: 'a', tgt_type: 'nodegroup' } }, /no nodegroup 'a'/],
      [{ value: 1, allow: 'web' }, /it is no target/],
    ] as const) {
      await t.throwsAsync(ask(cluster, 0, 'mine.tell', { entries: { bad: entry as Json }, clear: true }), {
        message: expected,
      });
    }
    t.deepEqual(await cluster.run('mine.get', 'web1', 'as'), { web1: 1 });
  },
);
