import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

const endings = ['ts', 'mjs'] as const;
type Ending = (typeof endings)[number];

/** The same code in either language: what only TypeScript has is taken away. */
const inLanguage = (ending: Ending, text: string): string =>
  ending === 'ts' ? text : text.replace(/: (?:number|string)(?=[,)])/g, '');

const moduleOf = (ending: Ending, factor: number): string =>
  inLanguage(
    ending,
    `import { defineFunction, defineModule, v } from 'tsalt/plugins';
import { times } from '../_utils/times.${ending}';

export default defineModule({
  scale: defineFunction({
    summary: 'So many times as much.',
    args: v.strictObject({ n: v.number() }),
    quick: true,
    sync: true,
    run: ({ n }) => times(n, ${factor}),
  }),
  pid: defineFunction({ summary: 'Where it runs.', args: v.strictObject({}), quick: true, run: () => process.pid }),
});
`,
  );

const helper = (ending: Ending): string =>
  inLanguage(ending, 'export const times = (n: number, factor: number) => n * factor;\n');

const state = (word: string): string => `import { alreadyRight, defineState, v } from 'tsalt/plugins';

export default {
  marked: defineState({
    summary: 'A file holds a mark.',
    example: '',
    args: v.strictObject({ name: v.string(), mark: v.optional(v.string(), '${word}') }),
    reads: ['files'],
    read: ({ name }, { files }) => files.look(name)?.kind,
    plan: ({ name, mark }, kind) =>
      kind === 'file'
        ? alreadyRight('it is marked')
        : {
            changes: { [name]: mark },
            comment: 'would be marked',
            done: 'marked ${word}',
            steps: [{ do: 'write', path: name, content: Buffer.from(mark) }],
          },
  }),
};
`;

const grains = (rack: string): string => `import { defineGrains } from 'tsalt/plugins';
export default defineGrains(async ({ grains }) => ({ rack: '${rack}', on: grains['kernel'] }));
`;

const beacon = (word: string): string => `import { defineBeacon, v } from 'tsalt/plugins';
export default defineBeacon({
  summary: 'Says a word.',
  parameters: v.strictObject({ name: v.string() }),
  start: ({ name }) => ({ look: () => [{ tag: '${word}', data: { name, pid: process.pid } }] }),
});
`;

/** A cluster of one minion, and what a function of it answers. */
async function single(t: ExecutionContext, files: Readonly<Record<string, string>> = {}, config: JsonMap = {}) {
  const cluster = await startCluster(t);
  for (const [file, text] of Object.entries(files)) write(cluster.states, file, text);
  const minion = await cluster.joinMinion('web1', { config });
  const ending = async (fun: string, ...arg: Json[]) => (await cluster.exec('web1', fun, arg, 60))[0];
  const ask = async (fun: string, ...arg: Json[]): Promise<Json | undefined> => (await ending(fun, ...arg))?.return;
  return { cluster, minion, ending, ask, states: cluster.states };
}

/** What a sync tells of a tree that was changed: the master's look at its tree answers for a moment. */
const changes = async (ask: (fun: string) => Promise<Json | undefined>, fun: string): Promise<Json> =>
  eventually(async () => {
    const told = await ask(fun);
    return Array.isArray(told) && told.length > 0 && told;
  });

const remove = (tree: string, file: string): void => rmSync(path.join(tree, file));

for (const ending of endings) {
  test.serial(
    `custom modules in .${ending}: synced, called in a process of their own, changed, and gone when removed`,
    async (t) => {
      const { minion, ending: ended, ask, states } = await single(t, {}, { autoload_dynamic_modules: false });
      t.deepEqual(await ask('saltutil.sync_modules'), []);
      t.is((await ended('scales.scale', 3))?.['success'], false);

      write(states, `_modules/scales.${ending}`, moduleOf(ending, 2));
      write(states, `_utils/times.${ending}`, helper(ending));
      t.deepEqual(await changes(ask, 'saltutil.sync_modules'), ['modules.scales'], 'with what it imports');
      t.deepEqual(await ask('saltutil.sync_modules'), []);
      t.is(await ask('scales.scale', 3), 6);
      t.not(await ask('scales.pid'), minion.pid(), 'quick or not, none of it runs in the minion');
      t.deepEqual(await ask('sys.list_functions', 'scales'), ['scales.pid', 'scales.scale']);
      t.deepEqual(await ask('sys.doc', 'scales.scale'), {
        'scales.scale': 'So many times as much.\n    n (has to be given): a number',
      });
      t.regex(
        asText(await ask('scales.skale', 3)),
        /there is no function 'scales\.skale'\nhint: did you mean 'scales\.scale'/,
      );
      t.regex(asText(await ask('scales.scale', 'x')), /scales\.scale: 'n'/);

      write(states, `_modules/scales.${ending}`, moduleOf(ending, 5));
      t.is(await ask('scales.scale', 3), 6, 'until it is synced');
      t.deepEqual(await changes(ask, 'saltutil.sync_modules'), ['modules.scales']);
      t.is(await ask('scales.scale', 3), 15);
      await minion.stop();
      minion.start();
      await eventually(async () => (await ask('scales.scale', 3)) === 15);

      remove(states, `_modules/scales.${ending}`);
      await eventually(async () => {
        t.deepEqual(await ask('saltutil.sync_modules'), []);
        return asText(await ask('scales.scale', 3)).includes('there is no function');
      });
    },
  );

  test.serial(
    `custom states in .${ending}: fetched by the run that uses them, changed, wrong arguments found, and gone when removed`,
    async (t) => {
      const { minion, ask, states } = await single(t);
      const file = '/mark';
      write(states, 'a.sls', `${file}:\n  marks.marked: []\n`);
      write(states, `_states/marks.${ending}`, state('red'));
      const run = async (): Promise<JsonMap> => {
        const [one] = Object.values((await ask('state.apply', 'a')) as JsonMap);
        return isMap(one) ? (one as JsonMap) : {};
      };
      /** Runs it on a machine that has no mark, until it says this. */
      const says = async (comment: string) =>
        eventually(async () => {
          rmSync(path.join(minion.root, file), { force: true });
          const one = await run();
          return one['comment'] === comment && one;
        });
      t.like(await says('marked red'), { result: true, changes: { [file]: 'red' } });
      t.is(readFileSync(path.join(minion.root, file), 'utf8'), 'red');
      t.like(await run(), { result: true, comment: 'it is marked', changes: {} });

      write(states, `_states/marks.${ending}`, state('blue'));
      t.like(await says('marked blue'), { result: true });

      write(states, 'b.sls', `${file}:\n  marks.marked:\n    - marc: x\nother:\n  marks.market: []\n`);
      const [argument, fun] = await eventually(async () => {
        const told = await ask('state.apply', 'b');
        return Array.isArray(told) && told.length === 2 && told.map(asText);
      });
      t.regex(argument ?? '', /b\.sls:3:7: marks\.marked has no argument 'marc'[^]*did you mean 'mark'/);
      t.regex(fun ?? '', /b\.sls:5:3: state module 'marks' has no function 'market'[^]*did you mean 'marked'/);

      remove(states, `_states/marks.${ending}`);
      await eventually(async () =>
        /a\.sls:2:3: there is no state module 'marks'/.test(asText(await ask('state.apply', 'a'))),
      );
    },
  );

  test.serial(
    `custom grains in .${ending}: gathered at the start, targeted by, changed, and gone when removed`,
    async (t) => {
      const { cluster, ask, states } = await single(t, { [`_grains/rack.${ending}`]: grains('r1') });
      const byRack = async (rack: string): Promise<Json> => {
        const { stdout } = await cluster.tsalt('exec', '-G', `rack:${rack}`, 'test.ping', '--out', 'json');
        return stdout === '' ? {} : (JSON.parse(stdout) as Json);
      };
      await eventually(async () => 'web1' in ((await byRack('r1')) as JsonMap));
      t.is(await ask('grains.get', 'rack'), 'r1');
      t.is(await ask('grains.get', 'on'), 'Linux');

      write(states, `_grains/rack.${ending}`, grains('r2'));
      t.deepEqual(await changes(ask, 'saltutil.sync_grains'), ['grains.rack']);
      t.is(await ask('grains.get', 'rack'), 'r2');
      t.deepEqual(await byRack('r2'), { web1: true });

      write(states, `_grains/rack.${ending}`, grains('r3'));
      write(states, 'a.sls', 'shown:\n  test.configurable_test_state:\n    - comment: {{grains.rack}}\n');
      // The run that fetched them has them.
      await eventually(async () => {
        const [applied] = Object.values((await ask('state.apply', 'a')) as JsonMap);
        return isMap(applied) && applied['comment'] === 'r3';
      });

      remove(states, `_grains/rack.${ending}`);
      await eventually(async () => {
        t.deepEqual(await ask('saltutil.sync_grains'), []);
        return (await ask('grains.get', 'rack')) === '';
      });
    },
  );

  test.serial(
    `custom beacons in .${ending}: run in a process of their own, begin anew when changed, and end when removed`,
    async (t) => {
      const files = { [`_beacons/words.${ending}`]: beacon('one') };
      const config = { beacons: { words: [{ name: 'abc' }, { interval: 0.2 }] } };
      const { cluster, minion, ask, states } = await single(t, files, config);
      const last = async () =>
        (await cluster.events()).filter(({ tag }) => tag.startsWith('salt/beacon/web1/words/')).at(-1);
      const seen = await eventually(last);
      t.like(seen, { tag: 'salt/beacon/web1/words/one', data: { name: 'abc' } });
      t.not(seen.data['pid'], minion.pid());

      write(states, `_beacons/words.${ending}`, beacon('two'));
      t.deepEqual(await changes(ask, 'saltutil.sync_beacons'), ['beacons.words']);
      await eventually(async () => (await last())?.tag === 'salt/beacon/web1/words/two');
      remove(states, `_beacons/words.${ending}`);
      const pid = Number((await last())?.data['pid']);
      await eventually(async () => {
        t.deepEqual(await ask('saltutil.sync_beacons'), []);
        return !isAlive(pid);
      });
    },
  );

  test.serial(
    `custom beacons in .${ending}: beacons.add takes those that were synced, and holds them to what they take`,
    async (t) => {
      const files = {
        [`_beacons/words.${ending}`]: beacon('one'),
        [`_beacons/empty.${ending}`]: '',
        [`_beacons/lod.${ending}`]: beacon('near'),
      };
      const { cluster, ending: ended, ask } = await single(t, files, { autoload_dynamic_modules: false, root: '/' });
      const add = async (...given: Json[]) => {
        const answer = await ended('beacons.add', ...given);
        return { success: answer?.['success'], comment: asText(isMap(answer?.return) && answer.return['comment']) };
      };
      const good = [{ name: 'abc' }, { interval: 0.2 }];
      t.deepEqual(await add('words', good), { success: false, comment: 'Beacon "words" is not available.' });
      await ask('saltutil.sync_beacons');
      t.true(((await ask('beacons.list_available', false)) as string[]).includes('words'));

      const refused = (wrong: string) => ({
        success: false,
        comment: `Beacon words configuration invalid, not adding.\n${wrong}`,
      });
      t.deepEqual(
        await add('words', [{ nam: 'abc' }]),
        refused("beacon 'words': there is no option 'nam'\nhint: did you mean 'name'?"),
      );
      t.deepEqual(await add('words', [{ interval: 1 }]), refused("beacon 'words': 'name' has to be said"));
      t.deepEqual(await add('words', [{ name: [1] }]), refused("beacon 'words': 'name' should be text, not a list"));
      t.deepEqual(
        await add('words', [{ name: 'abc' }, { interval: 'x' }]),
        refused("beacon 'words': 'interval' should be a number of seconds from 0.1, not the text \"x\""),
      );
      t.regex((await add('empty', [])).comment, /not adding\.\n_beacons\/empty of the state tree can't be used/);
      t.regex((await add('lod', good)).comment, /there is no beacon 'lod'\nhint: did you mean 'load'\?/);

      t.deepEqual(await add('words', good), { success: true, comment: 'Added beacon: words.' });
      t.deepEqual(await add('mine', [...good, { beacon_module: 'words' }]), {
        success: true,
        comment: 'Added beacon: mine.',
      });
      t.regex(
        asText(
          ((await ask('beacons.modify', 'mine', [{ name: 3 }, { beacon_module: 'words' }])) as JsonMap)['comment'],
        ),
        /not modifying\.\nbeacon 'mine': 'name' should be text, not 3/,
      );
      for (const name of ['words', 'mine'])
        await eventually(async () =>
          (await cluster.events()).find(({ tag }) => tag === `salt/beacon/web1/${name}/one`),
        );
    },
  );

  test.serial(
    `custom runners in .${ending}: called, given the minions' answers, changed, and gone when removed`,
    async (t) => {
      const { cluster, states } = await single(t);
      const runner = (word: string): string => `import { defineRunner } from 'tsalt/plugins';
export default {
  report: defineRunner({
    summary: 'asks a minion for its id',
    takes: ['id', 'more'],
    needs: 1,
    async run({ id }, { publish, outcome, call }) {
      const { jid, minions } = await publish({ tgt: String(id), fun: 'grains.get', arg: ['id'] });
      const { return: told } = await outcome(jid, minions[0] ?? '');
      return { word: '${word}', told, up: await call('runner', 'manage.up') };
    },
  }),
};
`;
      write(states, `_runners/fleet.${ending}`, runner('one'));
      t.deepEqual(await cluster.run('saltutil.sync_runners'), ['runners.fleet']);
      t.deepEqual(await cluster.run('saltutil.sync_runners'), []);
      t.deepEqual(await cluster.run('fleet.report', 'web1'), { word: 'one', told: 'web1', up: ['web1'] });
      write(states, `_runners/fleet.${ending}`, runner('two'));
      t.deepEqual(await cluster.run('saltutil.sync_runners'), ['runners.fleet']);
      t.like(await cluster.run('fleet.report', 'web1'), { word: 'two' });
      t.regex((await cluster.tsalt('run')).stdout, /fleet\.report.*asks a minion for its id/);
      await t.throwsAsync(cluster.run('fleet.raport', 'web1'), {
        message: /no function 'fleet\.raport'[^]*did you mean 'fleet\.report'/,
      });
      await t.throwsAsync(cluster.run('fleet.report'), { message: /needs to be told the id/ });
      const typed = await cluster.tsalt('run', 'fleet.report', 'web1', 'mor=1');
      t.is(typed.code, 2);
      t.regex(typed.stderr, /takes no argument 'mor'/);

      remove(states, `_runners/fleet.${ending}`);
      t.deepEqual(await cluster.run('saltutil.sync_runners'), []);
      await t.throwsAsync(cluster.run('fleet.report', 'web1'), { message: /no function 'fleet\.report'/ });
    },
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.serial(
  'custom code: a file that is broken, in whatever way, is told of with its place, and harms no other',
  async (t) => {
    const { minion, ending, ask } = await single(
      t,
      {
        '_modules/good.mjs': moduleOf('mjs', 2),
        '_utils/times.mjs': helper('mjs'),
        '_modules/syntax.ts': 'export default 3 +;\n',
        '_modules/shape.ts': `import { defineFunction, defineModule, v } from 'tsalt/plugins';
export default defineModule({
  one: defineFunction({ sumary: 'x', args: v.strictObject({}), run: 3 }),
});
`,
        '_modules/thrower.mjs': '\n\nthrow new Error("boom");\n',
        '_modules/quits.mjs': 'process.exit(0);\n',
        '_modules/saltutil.mjs': moduleOf('mjs', 1),
        '_states/empty.mjs': '',
        '_states/marks.mjs': state('red'),
        '_grains/thrower.mjs': 'export default () => {\n  throw new Error("no rack");\n};\n',
        '_grains/maker.mjs': 'export default () => ({ maker: { constructor: "acme" } });\n',
        '_grains/rack.mjs': grains('r1'),
        'a.sls': '/mark:\n  marks.marked: []\n',
        'b.sls': '/mark:\n  empty.thing: []\n',
      },
      { autoload_dynamic_modules: false },
    );
    const synced = await ending('saltutil.sync_modules');
    t.is(synced?.['success'], false);
    const lines = synced?.return as string[];
    const saying = (name: string): string => lines.filter((line) => line.startsWith(`modules.${name}: `)).join('\n');
    t.true(lines.includes('modules.good') && lines.includes('modules.shape'));
    t.is(saying('good'), '');
    t.regex(
      saying('syntax'),
      /salt:\/\/_modules\/syntax\.ts:1:19: this is not TypeScript: Expression expected\n1 \| export default 3 \+;/,
    );
    t.regex(saying('shape'), /shape\.ts:3:25: there is no part 'sumary'[^]*did you mean 'summary'/);
    t.regex(saying('shape'), /shape\.ts:3:69: 'run' has to be a function: run\(args, context\), not 3/);
    t.regex(saying('thrower'), /thrower\.mjs:3:7: this failed: boom/);
    t.regex(saying('quits'), /quits\.mjs:1:1: it ended the process that it ran in: exit code 0/);
    t.regex(saying('saltutil'), /'saltutil' can't be replaced/);

    t.regex(
      asText(await ask('saltutil.sync_states')),
      /states\.empty: salt:\/\/_states\/empty\.mjs:1:1: the default export has to be/,
    );
    t.is(await ask('good.scale', 4), 8);
    t.regex(
      asText(await ask('thrower.any')),
      /_modules\/thrower of the state tree can't be used: salt:\/\/_modules\/thrower\.mjs:3:7/,
    );
    t.true(await ask('test.ping'));
    const [applied] = Object.values((await ask('state.apply', 'a')) as JsonMap) as JsonMap[];
    t.like(applied, { comment: 'marked red' });
    t.regex(
      asText(await ask('state.apply', 'b')),
      /b\.sls:2:3: the state module 'empty' of the state tree can't be used: salt:\/\/_states\/empty\.mjs:1:1/,
    );
    t.true(((await ask('sys.list_functions')) as string[]).includes('good.scale'));

    t.deepEqual(await changes(ask, 'saltutil.sync_grains'), ['grains.maker', 'grains.rack', 'grains.thrower']);
    t.is(await ask('grains.get', 'rack'), 'r1');
    t.is(await ask('grains.get', 'maker'), '');
    t.regex(minion.log(), /grains of the state tree are left out.*_grains\/maker\.mjs.*no key can be 'constructor'/);
    t.regex(minion.log(), /grains of the state tree are left out.*_grains\/thrower\.mjs:2:9: this failed: no rack/);
  },
);

test.serial('custom code: a file whose import never ends is ended, told of, and never begun again', async (t) => {
  const { ending, ask } = await single(
    t,
    {
      '_modules/good.mjs': moduleOf('mjs', 2),
      '_utils/times.mjs': helper('mjs'),
      '_modules/loops.mjs': 'while (true) {}\n',
    },
    { autoload_dynamic_modules: false },
  );
  const synced = await ending('saltutil.sync_all');
  const { modules = [] } = (synced?.return ?? {}) as { modules?: string[] };
  t.regex(
    modules.join('\n'),
    /modules\.loops: salt:\/\/_modules\/loops\.mjs:1:1: it was not done after 10 s, and was ended/,
  );
  t.is(await ask('good.scale', 4), 8);
  t.regex(asText(await ask('loops.any')), /_modules\/loops of the state tree can't be used/);
});

test.serial('custom runners: one that is broken, throws or never ends loading, says so with its place', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.states, '_runners/syntax.ts', 'export default {\n  x: 3 +,\n};\n');
  write(
    cluster.states,
    '_runners/thrower.mjs',
    'export default {\n  x: {\n    summary: "x",\n    takes: [],\n    run() {\n      throw new Error("boom");\n    },\n  },\n};\n',
  );
  write(cluster.states, '_runners/loops.mjs', 'while (true) {}\n');
  const [loops, endless, syntax, wrong, thrower, ...more] = (await cluster.run('saltutil.sync_runners')) as string[];
  t.deepEqual([loops, syntax, thrower, more], ['runners.loops', 'runners.syntax', 'runners.thrower', []]);
  t.regex(endless ?? '', /^runners\.loops: it did not answer within 10000 ms and was killed/);
  t.regex(wrong ?? '', /^runners\.syntax: \S+_runners\/syntax\.ts:2:\d+: this is not TypeScript/);
  await t.throwsAsync(cluster.run('syntax.x'), { message: /_runners\/syntax\.ts:2:\d+: this is not TypeScript/ });
  await t.throwsAsync(cluster.run('thrower.x'), { message: /_runners\/thrower\.mjs:6:13: this failed: boom/ });
  await t.throwsAsync(cluster.run('loops.x'), { message: /did not answer within 10000 ms/ });
  t.deepEqual(await cluster.run('manage.up'), []);
});

test.serial('custom code: what was changed on the minion is fetched again before it runs', async (t) => {
  const { cluster, minion, ask } = await single(t, {
    '_modules/scales.ts': moduleOf('ts', 2),
    '_utils/times.ts': helper('ts'),
  });
  await eventually(async () => (await ask('scales.scale', 3)) === 6);
  const folder = path.join(minion.directory, 'cache', 'files');
  const held = readdirSync(folder).filter((name) =>
    readFileSync(path.join(folder, name), 'utf8').includes('defineModule'),
  );
  t.is(held.filter((name) => /^[0-9a-f]{64}$/.test(name)).length, 1);
  for (const name of held) writeFileSync(path.join(folder, name), moduleOf('ts', 1000));
  t.is(await ask('scales.scale', 3), 6);
  t.false(readFileSync(path.join(folder, held[0] ?? ''), 'utf8').includes('1000'));
  t.is(cluster.master.isRunning(), true);
});

test.serial('custom code: one of the name of a built-in module takes its place, all of it', async (t) => {
  const { ask } = await single(t, { '_modules/test.ts': moduleOf('ts', 2), '_utils/times.ts': helper('ts') });
  await eventually(async () => (await ask('test.scale', 3)) === 6);
  t.regex(asText(await ask('test.ping')), /there is no function 'test\.ping'/);
});

test.serial('custom code: of several environments, those of the top files count', async (t) => {
  const cluster = await startCluster(t);
  const dev = path.join(cluster.directory, 'dev');
  write(cluster.states, '_modules/one.mjs', moduleOf('mjs', 1));
  write(cluster.states, '_utils/times.mjs', helper('mjs'));
  write(dev, '_modules/two.mjs', moduleOf('mjs', 2));
  write(dev, '_utils/times.mjs', helper('mjs'));
  await cluster.restartMaster({ file_roots: { base: [cluster.states], dev: [dev] } });
  await cluster.joinMinion('web1', { config: { autoload_dynamic_modules: false } });
  const ask = async (fun: string, ...arg: Json[]) => (await cluster.exec('web1', fun, arg, 60))[0]?.return;
  t.deepEqual(await changes(ask, 'saltutil.sync_modules'), ['modules.one']);
  t.deepEqual(await ask('saltutil.sync_modules', 'dev'), ['modules.two']);
  t.is(await ask('two.scale', 4), 8);
  write(dev, '_modules/two.mjs', moduleOf('mjs', 3));
  t.deepEqual(await changes(ask, 'saltutil.sync_modules'), ['modules.one'], 'no top file: base');
  write(cluster.states, 'top.sls', "dev:\n  '*':\n    - x\n");
  await eventually(async () => {
    await ask('saltutil.sync_modules');
    return (await ask('two.scale', 4)) === 12;
  });
});
