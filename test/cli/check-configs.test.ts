import test from 'ava';
import { check } from './check-kit.ts';

test('check: a target of a reactor file that can not be read, with its place; one that a template makes, none yet', async (t) => {
  const made =
    "a:\n  local.test.ping:\n    - tgt: '{{#if data.x}}web* or db*{{else}}G@os{{/if}}'\n    - tgt_type: compound\n";
  t.is((await check(t, { 'reactor/a.sls': made }, 'reactor')).out, '');
  const groups = 'a:\n  local.test.ping:\n    - tgt: N@webs and not web1\n    - tgt_type: compound\n';
  t.is((await check(t, { 'reactor/a.sls': groups }, 'reactor')).out, '');
  const literal = `${made}b:\n  local.state.apply:\n    - tgt: web* andd db*\n    - tgt_type: compound\n`;
  const { code, out } = await check(t, { 'reactor/a.sls': literal }, 'reactor');
  t.is(code, 2);
  t.regex(out, /^reactor\/a\.sls:7:7: .*has 'andd' where 'and', 'or' or the end was expected/);
});

test('check: a directory of configs, each of them, with what master.d adds; one file of master.d, too', async (t) => {
  const files = {
    'etc/master': 'timeout: soon\n',
    'etc/master.d/10.conf': "returners:\n  webhook: {urll: 'http://x/'}\n",
    'etc/minion': 'masterr: x\n',
  };
  const { code, out } = await check(t, files, 'etc');
  t.is(code, 2);
  t.regex(out, /^etc\/master:1:10: 'timeout' should be/m);
  t.regex(out, /^etc\/master\.d\/10\.conf:2:13: returner 'webhook': it takes no 'urll'/m);
  t.regex(out, /^etc\/minion:1:1: .*masterr/m);
  const alone = await check(t, { 'etc/minion.d/a.conf': 'id: web1\n' }, 'etc');
  t.deepEqual([alone.code, alone.err], [0, 'etc/minion.d/a.conf: minion config, 1 file: nothing wrong\n']);
  t.is((await check(t, files, 'etc/master.d/10.conf')).out, (await check(t, files, 'etc/master')).out);
});

test('check: a directory with configs and trees, all of it; a state tree with a file that is called minion, as a tree', async (t) => {
  const files = {
    master: 'timeoutt: 5\n',
    'states/a.sls': 'x:\n  test.nopp: []\n',
    'tree/a.sls': 'x:\n  test.nop: []\n',
    'tree/minion': 'masterr: {{x}}\n',
    'deep/web/a.sls': 'x:\n  test.nop: []\n',
    'deep/files/minion': 'masterr: {{x}}\n',
  };
  const { out } = await check(t, { 'all/master': files.master, 'all/states/a.sls': files['states/a.sls'] }, 'all');
  t.regex(out, /^all\/master:1:1: .*timeoutt/m);
  t.regex(out, /test\.nopp/);
  t.regex((await check(t, files, 'tree', 'deep')).err, /^tree: state files.*\ndeep: state files.*\n$/);
});

test('check: settings of a returner of the state tree, are held to what its file says that it takes', async (t) => {
  const pager = `import { defineReturner, v } from 'tsalt/plugins';
export default defineReturner({
  summary: 'Posts what happens to a pager.',
  settings: v.strictObject({ address: v.string(), level: v.optional(v.number()) }),
  open: () => ({ send: async () => {} }),
});
`;
  const master = `file_roots: {base: [DIR/states]}
returners:
  night:
    kind: pager
    addres: http://me:canary@x/
    level: high
    events: ['*']
  day: {kind: pager, address: 'http://x/', level: 3}
`;
  const { code, out } = await check(t, { 'states/_returners/pager.ts': pager, 'etc/master': master }, 'etc/master');
  t.is(code, 2);
  t.regex(out, /etc\/master:5:5: returner 'night': it takes no 'addres'\nhint: did you mean 'address'\?/);
  t.regex(out, /etc\/master:3:3: returner 'night': it needs 'address'/);
  t.regex(out, /etc\/master:6:12: returner 'night': 'level' should be a number/);
  t.notRegex(out, /'day'|canary/);
});

test('check: directories of trees that are not there, are told with their place and the nearest that is', async (t) => {
  const master = `file_roots:
  base: [DIR/states, DIR/sattes/more]
  prod: DIR/far/away
  dev: ['DIR/__env__/states']
pillar_roots:
  base:
    - DIR/states/a.sls
    - DIR/states/a.sl/x
`;
  const files = { 'etc/master': master, 'states/a.sls': '{}\n', 'states/more/b.sls': '{}\n' };
  const { code, out, err } = await check(t, files, 'etc');
  t.deepEqual([code, out], [0, ''], 'it may be there on the machine that the config is for');
  const notes = err.split('\n').filter((line) => line.startsWith('note: '));
  t.is(notes.length, 4, err);
  t.regex(
    err,
    /etc\/master:2:\d+: 'file_roots': there is no directory \S+\/sattes\/more, [^]*did you mean '\S+\/states\/more'/,
  );
  t.regex(
    err,
    /etc\/master:3:9: 'file_roots': there is no directory \S+\/far\/away, so the environment 'prod' has nothing/,
  );
  t.regex(err, /hint: of its path there is \S+/);
  t.regex(err, /etc\/master:7:7: 'pillar_roots': there is no directory \S+\/a\.sls/);
  t.regex(err, /etc\/master:8:7: 'pillar_roots': there is no directory \S+\/a\.sl\/x/);
  const git = `fileserver_backend: [git]\ngitfs_remotes: [/srv/x.git]\nfile_roots: {base: [/nowhere/states]}\n`;
  t.notRegex((await check(t, { 'etc/master': git }, 'etc')).err, /note/);
});

test('check: misspelt functions of a schedule and of the mine, with their place and the nearest; what may be of somebody else, not', async (t) => {
  const { code, out } = await check(
    t,
    {
      'etc/master':
        'schedule:\n  away:\n    function: manage.dwn\n    minutes: 5\n  own: {function: fleet.greet, minutes: 5}\n',
      'etc/minion':
        'schedule:\n  stay:\n    function: state.higstate\n    hours: 6\nmine_functions:\n  network.ip_adrs: []\n  a: {mine_function: test.pign}\n  b: {mine_function: greet.hello}\n',
    },
    'etc',
  );
  t.is(code, 2);
  t.regex(
    out,
    /etc\/master:3:15: scheduled job 'away': the master has no function 'manage\.dwn'[^]*did you mean 'manage\.down'/,
  );
  t.regex(
    out,
    /etc\/minion:3:15: scheduled job 'stay': there is no function 'state\.higstate'\n[^]*did you mean 'state\.highstate'/,
  );
  t.regex(out, /etc\/minion:6:3: the mine's entry 'network\.ip_adrs': there is no function 'network\.ip_adrs'/);
  t.regex(
    out,
    /etc\/minion:7:3: the mine's entry 'a': there is no function 'test\.pign'\n[^]*did you mean 'test\.ping'/,
  );
  t.notRegex(out, /greet/);
});

test('check: misspelt functions in rules of operators, with their place; globs and what only rules name, not', async (t) => {
  const rules = `operators:
  anyone:
    rules:
      - may: [test.pin, 'stat.*', greet.hello]
        on: '*'
      - may: runner.jobs.lsit
      - may: [wheel.key.acept, wheel.key.finger_master, control.event.listen, 'runner.jobs.*']
`;
  const { code, out } = await check(t, { 'etc/master': rules }, 'etc');
  t.is(code, 2);
  t.regex(out, /etc\/master:4:15: operator 'anyone': there is no function 'test\.pin'\n[^]*did you mean 'test\.ping'/);
  t.regex(
    out,
    /etc\/master:6:14: operator 'anyone': there is no function 'runner\.jobs\.lsit'\n[^]*did you mean 'runner\.jobs\.list'/,
  );
  t.regex(out, /etc\/master:7:15: operator 'anyone': there is no function 'wheel\.key\.acept'\n/);
  t.is(out.match(/there is no function/g)?.length, 3, out);
});

test('check: a master_key that is none, with its place', async (t) => {
  const { code, out } = await check(t, { 'etc/minion': 'master: m\nmaster_key: tsalt1.abc\n' }, 'etc');
  t.is(code, 2);
  t.regex(
    out,
    /^etc\/minion:2:13: this is not a master_key: it has 2 parts between dots, not 4\n2 \| [^]*hint: expected tsalt1\./m,
  );
});

test('check: a mistake in a line of a reactor with an expression, shows the line as it is written', async (t) => {
  const { out } = await check(t, { 'reactor/r.sls': 'a:\n  local.test.ping:\n    - tgtt: {{data.id}}\n' }, 'reactor');
  t.regex(out, /r\.sls:3:7: a local reaction has no 'tgtt'\n3 \| {5}- tgtt: \{\{data\.id\}\}\n/);
});

test('check: an option of Salt that has no effect, is noted with its place and no mistake', async (t) => {
  const { code, err } = await check(t, { 'etc/master': 'auto_accept: True\n' }, 'etc/master');
  t.is(code, 0);
  t.regex(err, /^note: .*etc\/master:1:1: 'auto_accept' is an option of Salt that tsalt does not have/);
});

test('check: in a top file, a misspelt environment and a misspelt way to match, with their place; another environment may be elsewhere', async (t) => {
  const top = "bsae:\n  '*': [a]\nprod:\n  '*': [b]\nbase:\n  'G@os:Debian':\n    - match: compuond\n    - a\n";
  const { code, out } = await check(t, { 'states/top.sls': top, 'states/a.sls': 'x:\n  test.nop: []\n' }, 'states');
  t.is(code, 2);
  t.regex(out, /states\/top\.sls:1:1: there is no environment 'bsae'\n1 \| [^]*did you mean 'base'/);
  t.regex(out, /states\/top\.sls:7:14: 'compuond' is no way to choose minions\n7 \| [^]*did you mean 'compound'/);
  t.notRegex(out, /prod/);
});

test('check: functions that an orchestration calls and that are misspelt, with their place; those of somebody else, not', async (t) => {
  const { code, out } = await check(
    t,
    {
      'states/orch.sls':
        'tell:\n  salt.runner:\n    - tag: x\n    - name: event.sned\nkey.acept:\n  salt.wheel:\n    - match: x\nask:\n  salt.function:\n    - name: tset.ping\n    - tgt: db1\nown:\n  salt.runner:\n    - name: fleet.greet\ngreet.hello:\n  salt.function:\n    - tgt: db1\n',
    },
    'states',
  );
  t.is(code, 2);
  t.regex(out, /orch\.sls:4:13: the master has no function 'event\.sned'\n[^]*did you mean 'event\.send'/);
  t.regex(out, /orch\.sls:6:3: the master has no function 'key\.acept'\n[^]*did you mean 'key\.accept'/);
  t.regex(out, /orch\.sls:10:13: there is no function 'tset\.ping'\n[^]*did you mean 'test\.ping'/);
  t.notRegex(out, /greet/);
});
