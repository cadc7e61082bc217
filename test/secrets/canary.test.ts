import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, isMap, type JsonMap } from '../../lib/json.ts';
import { makeSealKey } from '../../wire/sealed/keys.ts';
import { sealText } from '../../wire/sealed/seal.ts';
import { startCluster, write, type Cluster } from '../kit/cluster.ts';
import { tsaltCommand, plainEnvironment } from '../kit/daemon.ts';
import { eventually } from '../kit/eventually.ts';
import { execFile } from 'node:child_process';

/*
 * Secrets are put into all that a cluster does, and then looked for in all that came of it: in what was printed, in events,
 * logs and metrics, and in every file of master and minion.
 */

const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
const secrets = {
  sealed: `Canary'Seal"ed\\7f3a/9+d=q&z é`,
  plain: 'CanaryPlain55aa',
  lines: `-----BEGIN CANARY-----\n${line}\ncanary-last-line\n`,
  number: '73550118',
};

/** Every text in which a secret would be found, made without the code that hides them. */
function traces(): Record<string, string> {
  const all: Record<string, string> = {};
  for (const secret of [secrets.sealed, secrets.plain, secrets.number, line, 'canary-last-line']) {
    all[`${secret} itself`] = secret;
    all[`${secret} in JSON`] = JSON.stringify(secret).slice(1, -1);
    all[`${secret} in a URL`] = encodeURIComponent(secret);
    all[`${secret} in a shell`] = secret.replaceAll("'", "'\\''");
    for (const before of ['', 'a', 'ab'])
      all[`${secret} in Base64 behind '${before}'`] = Buffer.from(before + secret)
        .toString('base64')
        .slice(before.length * 2, -4);
  }
  // Cut off by whatever shows a part only.
  all['the start of a line'] = line.slice(0, 24);
  all['the end of a line'] = line.slice(-24);
  return all;
}

function found(text: string): string[] {
  return Object.entries(traces()).flatMap(([name, trace]) => (text.includes(trace) ? [name] : []));
}

/** Files below a directory in which a secret is found; both forms of bytes that texts come in. */
function filesWith(directory: string, isMeant: (file: string) => boolean): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || isMeant(path.relative(directory, file))) return [];
    const bytes = readFileSync(file);
    return [...found(bytes.toString('utf8')), ...found(bytes.toString('utf16le'))].map((name) => `${file}: ${name}`);
  });
}

const pillarFile = (sealed: string): string => `
marker: visible-marker
secret:
  sealed: !secret ${sealed}
  plain: !secret ${secrets.plain}
  number: !secret ${secrets.number}
  lines: !secret |
    ${secrets.lines.trim().replaceAll('\n', '\n    ')}
schedule:
  canary:
    function: test.echo
    args: [!secret ${secrets.plain}]
    seconds: 1
  canary in a process:
    function: cmd.run
    args: [!secret "echo ${secrets.plain}"]
    seconds: 1
beacons:
  load:
    - averages: !secret ${secrets.plain}
`;

const states: Record<string, string> = {
  // What works.
  'used.sls': `
/etc/new.conf:
  file.managed:
    - contents: {{json pillar.secret.sealed}}
/etc/old.conf:
  file.managed:
    - contents_pillar: secret:lines
    - show_changes: true
visible-marker:
  event.send:
    - name: canary/state
    - data:
        secret: {{json pillar.secret.sealed}}
        number: {{pillar.secret.number}}
        visible: visible-marker
`,
  // What fails, each in another way.
  'failing.sls': `
'{{pillar.secret.plain}} as an id':
  cmd.run:
    - name: 'echo "$SECRET"; echo "$SECRET" | base64; echo "{{pillar.secret.plain}}" >&2; exit 3'
    - env:
        - SECRET: {{json pillar.secret.sealed}}
in words:
  cmd.run:
    - name: {{json (concat "false " pillar.secret.sealed)}}
not there:
  file.managed:
    - name: /etc/x/y/{{pillar.secret.plain}}
    - source: 'http://127.0.0.1:1/{{pillar.secret.plain}}'
    - skip_verify: true
asked:
  http.query:
    - name: 'http://127.0.0.1:{{pillar.port}}/?key={{pillar.secret.plain}}'
    - method: POST
    - data: {{json pillar.secret.sealed}}
    - username: me
    - password: {{json pillar.secret.sealed}}
    - status: 200
module:
  module.run:
    - test.echo:
        - text: {{json pillar.secret.sealed}}
`,
  'template.sls': '/etc/rendered:\n  file.managed:\n    - template: handlebars\n    - source: salt://rendered\n',
  rendered: '{{pillar.secret.plain}} {{pillar.secret.sealed.nothing}}\n',
  'wrong.sls':
    '/etc/x:\n  file.managed:\n    - mode: {{json pillar.secret.sealed}}\n    - {{pillar.secret.plain}}: 1\n',
  'typo.sls': '/etc/x:\n  file.managed:\n    - mode: {{pillar.secret.plain.nothing}}\n',
  'yaml.sls': 'a: {{pillar.secret.plain}}: {{pillar.secret.plain}}\n  b: [\n',
  'orch/good.sls':
    "'go {{pillar.secret.plain}}':\n  salt.state:\n    - tgt: m1\n    - sls: failing\nvisible-marker:\n  salt.function:\n    - name: test.echo\n    - tgt: m1\n    - arg: [visible-marker]\n",
  'orch/handing.sls':
    'hand:\n  salt.state:\n    - tgt: m1\n    - sls: used\n    - pillar:\n        handed: {{json pillar.secret.sealed}}\ncall:\n  salt.function:\n    - name: test.echo\n    - tgt: m1\n    - arg: [{{pillar.secret.plain}}]\nfire:\n  salt.runner:\n    - name: event.send\n    - tag: canary/runner\n    - data:\n        a: {{pillar.secret.plain}}\n',
  'orch/wrong.sls': 'a:\n  salt.state:\n    - tgt: [{{pillar.secret.plain}}]\n    - slss: {{pillar.secret.plain}}\n',
};

async function clusterWithSecrets(t: ExecutionContext) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.statusCode = 500;
      response.end(
        `refused: ${request.url ?? ''} ${request.headers.authorization ?? ''} ${Buffer.concat(chunks).toString()}`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };

  const cluster = await startCluster(t, {
    log_level: 'debug',
    metrics_port: 0,
    state_events: true,
    reactor: [{ 'canary/*': ['/srv/none.sls'] }],
  });
  const reactor = path.join(cluster.directory, 'reactor');
  write(reactor, 'react.sls', 'again:\n  local.test.echo:\n    - tgt: m1\n    - arg: [{{json data}}]\n');
  await cluster.restartMaster({ reactor: [{ 'canary/state': [path.join(reactor, 'react.sls')] }] });
  const { keys } = makeSealKey(path.join(cluster.master.directory, 'pki'));
  write(cluster.pillar, 'top.sls', "base:\n  '*': [canary]\n");
  write(cluster.pillar, 'canary.sls', `port: ${String(port)}\n${pillarFile(sealText(secrets.sealed, keys.publicKey))}`);
  for (const [name, text] of Object.entries(states)) write(cluster.states, name, text);
  return cluster;
}

/** Runs `tsalt call` as somebody on the minion's machine does. */
function onMinion(cluster: Cluster, configDir: string, ...words: string[]): Promise<string> {
  const [file = '', ...args] = tsaltCommand('call', '--config-dir', configDir, ...words);
  return new Promise((resolve) => {
    execFile(file, args, { env: plainEnvironment(), cwd: cluster.directory }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

test('secrets of pillar in all that a cluster does: in the managed files, and nowhere else', async (t) => {
  t.timeout(240_000);
  const cluster = await clusterWithSecrets(t);
  const minion = await cluster.joinMinion('m1', { config: { log_level: 'debug' } });
  mkdirSync(path.join(minion.root, 'etc'), { recursive: true });
  writeFileSync(path.join(minion.root, 'etc/old.conf'), 'old\n');

  const shown: Record<string, string> = {};
  const tsalt = async (...words: string[]) => {
    const { code, stdout, stderr } = await cluster.tsalt(...words);
    shown[words.join(' ')] = `${stdout}\n${stderr}`;
    return { code, stdout };
  };
  const exec = (...words: string[]) => tsalt('exec', 'm1', ...words);

  const items = await exec('pillar.items', '--out', 'json');
  const [pillar] = Object.values(JSON.parse(items.stdout) as Record<string, JsonMap>);
  t.is(pillar?.['marker'], 'visible-marker');
  t.deepEqual(
    { ...(pillar?.['secret'] as JsonMap) },
    {
      sealed: '[secret]',
      plain: '[secret]',
      number: '[secret]',
      lines: '[secret]\n',
    },
  );
  for (const out of ['nested', 'yaml', 'json', 'table', 'highstate']) {
    await exec('pillar.items', '--out', out);
    await exec('state.apply', 'failing', '--out', out);
  }
  await exec('pillar.get', 'secret:sealed');
  await exec('pillar.item', 'secret');

  await exec('state.apply', 'used', 'test=True');
  const used = await exec('state.apply', 'used', '--out', 'json');
  t.is(used.code, 0, used.stdout);
  t.is(readFileSync(path.join(minion.root, 'etc/new.conf'), 'utf8'), `${secrets.sealed}\n`);
  t.is(readFileSync(path.join(minion.root, 'etc/old.conf'), 'utf8'), secrets.lines);
  const failing = JSON.parse((await exec('state.apply', 'failing', '--out', 'json')).stdout) as { m1: JsonMap };
  t.deepEqual(
    Object.values(failing.m1).map((state) => isMap(state) && [state['__id__'], state['result']]),
    [
      ['[secret] as an id', false],
      ['in words', false],
      ['not there', false],
      ['asked', false],
      ['module', true],
    ],
    JSON.stringify(failing),
  );
  for (const name of ['wrong', 'typo', 'yaml', 'template']) t.is((await exec('state.apply', name)).code, 2, name);
  for (const fun of ['state.show_sls', 'state.show_low_sls', 'state.show_states']) await exec(fun, 'used');
  await exec('state.single', 'cmd.run', 'name=echo {{pillar.secret.plain}}');
  await exec('cmd.run', 'echo {{pillar.secret.sealed}}', 'template=handlebars');
  await exec('grains.items');
  await exec('saltutil.running');
  await exec('beacons.list');
  await exec('config.items');

  for (const name of ['good', 'handing', 'wrong'])
    await tsalt('run', 'state.orchestrate', `orch.${name}`, '--out', 'json');
  const handing = shown['run state.orchestrate orch.handing --out json'] ?? '';
  t.is(handing.split('there is a secret of pillar in what this state asks of the master').length, 4, handing);

  for (const words of [['pillar.items'], ['state.apply', 'failing'], ['state.apply', 'used'], ['state.apply', 'wrong']])
    shown[`call ${words.join(' ')}`] = await onMinion(
      cluster,
      minion.configDir,
      '--log-level',
      'debug',
      '--progress',
      ...words,
    );

  // The reactor answered an event of a state, and the schedule ran by itself, in the minion and in a process of its own.
  const reacted = await eventually(async () => {
    const events = await cluster.events();
    const texts = events.map(({ tag, data }) => `${tag} ${JSON.stringify(data)}`);
    const isReacted = texts.some((text) =>
      /^salt\/job\/\d+\/ret\/m1 .*"fun":"test\.echo".*canary\/state.*\[secret\]/.test(text),
    );
    const isOnTime = (name: string) =>
      texts.some((text) => /^salt\/job\/\d+\/ret\//.test(text) && text.includes(`"schedule":"${name}"`));
    return isReacted && isOnTime('canary') && isOnTime('canary in a process') && events;
  }, 30_000);
  shown['events'] = JSON.stringify(reacted);
  await tsalt('event', 'listen', '--since', '0', '--count', String(Math.min(reacted.length, 50)), '--out', 'json');
  await tsalt('event', 'listen', '--since', '0', '--count', String(Math.min(reacted.length, 50)));
  await tsalt('run', 'jobs.list_jobs', '--out', 'json');
  for (const { tag, data } of reacted.filter(({ tag }) => /^salt\/job\/\d+\/new$/.test(tag)).slice(-10)) {
    t.true(tag.includes(asText(data['jid'])));
    for (const fun of ['jobs.list_job', 'jobs.lookup_jid']) await tsalt('run', fun, asText(data['jid']));
  }
  await tsalt('-I', 'secret:plain:Canary*', 'test.ping');
  t.is((await tsalt('exec', '-I', `secret:plain:${secrets.plain}`, 'test.ping')).code, 2);
  t.is((await tsalt('exec', '-I', 'marker:visible-marker', 'test.ping')).code, 0);
  const metrics = await fetch(
    `http://127.0.0.1:${asText((cluster.described() as unknown as JsonMap)['metrics_port'])}/metrics`,
  );
  shown['metrics'] = await metrics.text();
  shown['log of the master'] = cluster.master.log();
  shown['log of the minion'] = minion.log();

  delete shown[`exec -I secret:plain:${secrets.plain} test.ping`];
  t.deepEqual(
    Object.entries(shown).flatMap(([what, text]) => found(text).map((name) => `${what}: ${name}`)),
    [],
  );
  await minion.stop();
  await cluster.master.stop();
  const isMeant = (file: string): boolean =>
    file === 'pillar/canary.sls' || /^minions\/0\/root\/etc\/(?:new|old)\.conf$/.test(file);
  t.deepEqual(filesWith(cluster.directory, isMeant), []);

  // That is no proof where nothing can be found.
  for (const place of ['master/cache', 'minions/0'])
    t.true(
      readdirSync(path.join(cluster.directory, place), { recursive: true, withFileTypes: true }).some(
        (entry) => entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes('visible-marker'),
      ),
      place,
    );
  t.true((shown['events'] ?? '').includes('visible-marker'));
});
