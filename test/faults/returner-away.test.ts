import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { needing } from '../kit/needing.ts';
import { postgresIsInstalled, startPostgres } from '../kit/postgres.ts';

const withPostgres = needing('PostgreSQL', postgresIsInstalled);
const secret = 'canary-9b41c7';

interface Sent {
  readonly number: number;
  readonly tag: string;
  readonly data: JsonMap;
}

/** A web server that can go away and come back at the same port. */
async function hook(t: ExecutionContext) {
  const taken: Sent[] = [];
  let server: Server;
  let port = 0;
  const start = async (): Promise<void> => {
    server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        const isRight = request.headers.authorization === `Bearer ${secret}`;
        if (isRight) taken.push(...(JSON.parse(text) as { events: Sent[] }).events);
        response.writeHead(isRight ? 200 : 403).end(`you said ${request.headers.authorization ?? 'nothing'}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await start();
  t.teardown(stop);
  return { taken, start, stop, url: () => `http://127.0.0.1:${port}/hook` };
}

const standing = async (cluster: Cluster, name: string): Promise<JsonMap> => {
  const list = (await cluster.run('returner.list')) as JsonMap[];
  return list.find((one) => one['name'] === name) ?? {};
};

withPostgres(
  'returners whose far sides are away while the master is killed: nothing is lost, rows are there once, and no secret is in log, events or answers',
  async (t) => {
    const database = await startPostgres(t, secret);
    const web = await hook(t);
    const token = path.join(path.dirname(database.passwordFile), 'token');
    writeFileSync(token, `${secret}\n`);
    const cluster = await startCluster(t, {
      metrics_port: 0,
      returners: {
        web: { kind: 'webhook', url: web.url(), token_file: token, timeout: 5, events: ['salt/job/*/ret/*'] },
        postgres: { host: '127.0.0.1', port: database.port, password_file: database.passwordFile, timeout: 5 },
        lines: { kind: 'json_lines', file: path.join('/', 'tmp', 'nowhere', 'below', 'events.json') },
      },
    });
    await cluster.joinMinion('web1');
    const jids: string[] = [];
    const run = async (): Promise<void> => {
      const jid = await cluster.publish('web1', 'test.echo', [jids.length]);
      jids.push(jid);
      await eventually(async () => (await cluster.events(`salt/job/${jid}/ret/web1`)).length > 0);
    };
    for (let n = 0; n < 3; n++) await run();
    await eventually(() => web.taken.length === 3);
    await eventually(() => database.ask('select count(*) from salt_returns') === '3');

    await Promise.all([database.stop(), web.stop()]);
    for (let n = 0; n < 3; n++) await run();
    await eventually(async () => (await standing(cluster, 'web'))['state'] === 'away');
    await eventually(async () => (await standing(cluster, 'postgres'))['state'] === 'away');
    t.true(Number((await standing(cluster, 'web'))['behind']) > 0);
    await cluster.master.kill9();
    await cluster.restartMaster();
    await cluster.connected('web1');
    await run();
    await Promise.all([database.start(), web.start()]);

    await eventually(() => jids.every((jid) => web.taken.some(({ data }) => data['jid'] === jid)));
    await eventually(() => database.ask('select count(*) from salt_returns') === String(jids.length));
    t.deepEqual(database.ask('select jid from jids order by jid').split('\n'), jids);
    // What came twice has the number that it had.
    const numbers = new Map(web.taken.map(({ number, data }) => [number, data['jid']]));
    t.is(numbers.size, jids.length);

    await eventually(async () => (await standing(cluster, 'web'))['state'] === 'waiting');
    t.is((await standing(cluster, 'lines'))['state'], 'away');
    const { metrics_port: port } = cluster.described() as unknown as { metrics_port: number };
    const figures = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    t.regex(figures, /^tsalt_returner_sent_total\{returner="web"\} \d+$/m);
    t.regex(figures, /^tsalt_returner_behind_seconds\{returner="lines"\} [1-9]/m);
    t.regex(figures, /^tsalt_returner_lost_total\{returner="postgres"\} 0$/m);

    // A token that is not right is said back by the server, and by nobody else.
    writeFileSync(token, `${secret}-old\n`);
    await run();
    await eventually(async () =>
      /answered 403 you said Bearer \*\*\*/.test(asText((await standing(cluster, 'web'))['error'])),
    );
    const everything = [
      cluster.master.log(),
      JSON.stringify(await cluster.events()),
      JSON.stringify(await cluster.run('returner.list')),
      JSON.stringify(await cluster.run('reactor.dead')),
      figures,
    ].join('\n');
    t.regex(everything, /a returner is away/);
    t.false(everything.includes(secret));
  },
);

test('returners: what is secret in a state and its pillar, is in nothing that is sent', async (t) => {
  const cluster = await startCluster(t);
  const lines = path.join(cluster.directory, 'events.json');
  await cluster.restartMaster({ returners: { lines: { kind: 'json_lines', file: lines, events: '*' } } });
  writeFileSync(path.join(cluster.pillar, 'top.sls'), "base: {'*': [keys]}\n");
  writeFileSync(path.join(cluster.pillar, 'keys.sls'), `password: !secret ${secret}\n`);
  const app = `/secret.conf:
  file.managed: [{contents: '{{pillar.password}}'}]
'echo "$PASSWORD"':
  cmd.run: [{env: [{PASSWORD: '{{pillar.password}}'}]}]
`;
  writeFileSync(path.join(cluster.states, 'app.sls'), app);
  const { root } = await cluster.joinMinion('web1');
  const [ending] = await cluster.exec('web1', 'state.apply', ['app'], 60);
  t.is(ending?.['success'], true, JSON.stringify(ending));
  t.regex(readFileSync(path.join(root, 'secret.conf'), 'utf8'), new RegExp(secret));
  await eventually(() => readFileSync(lines, 'utf8').includes('"fun":"state.apply","fun_args"'));
  t.true(readFileSync(lines, 'utf8').includes('[secret]'));
  t.false(readFileSync(lines, 'utf8').includes(secret));
});

test('a returner in a file: it gets its settings and events, one that hangs is ended and asked again, and a refusal is a dead letter', async (t) => {
  const cluster = await startCluster(t);
  const out = path.join(cluster.directory, 'out');
  writeFileSync(
    path.join(cluster.directory, 'own.mjs'),
    `import { appendFileSync, existsSync } from 'node:fs';
    export default {
      open({ file }, { master }) {
        return {
          async send(events) {
            if (!existsSync(file + '.hung')) {
              appendFileSync(file + '.hung', 'x');
              for (;;);
            }
            if (events.some(({ data }) => data.n === 2)) throw Object.assign(new Error('not two'), { refused: true });
            for (const { tag, data } of events) appendFileSync(file, master + ' ' + tag + ' ' + data.n + '\\n');
          },
        };
      },
    };\n`,
  );
  await cluster.restartMaster({
    reactor_dir: cluster.directory,
    returners: { own: { kind: 'own.mjs', file: out, events: 'my/*', timeout: 1 } },
  });
  for (const n of [1, 2, 3]) await cluster.run('event.send', 'my/event', { n });
  await eventually(() => readFileSync(out, 'utf8').split('\n').length === 3);
  t.regex(readFileSync(out, 'utf8'), /^\S+_master my\/event 1\n\S+_master my\/event 3\n$/);
  const [letter] = (await cluster.run('reactor.dead')) as JsonMap[];
  t.regex(asText(letter?.['error']), /not two/);
  t.true(Number((await standing(cluster, 'own'))['failed']) >= 1);
});

test('a master whose returners are not right: it says so and does not start', async (t) => {
  const cluster = await startCluster(t);
  await cluster.master.stop();
  cluster.master.configure({ returners: { web: { kind: 'webhook', adress: `http://${secret}/` } } });
  cluster.master.start();
  await eventually(() => !cluster.master.isRunning());
  t.regex(cluster.master.log(), /returner 'web': it (?:needs 'url'|takes no 'adress')/);
  t.false(cluster.master.log().includes(secret));
});
