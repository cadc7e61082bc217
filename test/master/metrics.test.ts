import test from 'ava';
import { exposition } from '../../master/metrics/exposition.ts';
import { startCluster } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';

test('exposition: names, help, types, labels with odd characters and values, as Prometheus reads them', (t) => {
  const text = exposition([
    { name: 'a_total', help: 'One\\two\nthree.', type: 'counter', samples: [{ value: 3 }] },
    {
      name: 'b',
      help: 'B.',
      type: 'gauge',
      samples: [
        { labels: { reactor: 'x "y" \\ z\n', kind: 'k' }, value: 0.25 },
        { labels: { reactor: 'w', kind: '' }, value: Number.POSITIVE_INFINITY },
      ],
    },
    { name: 'left_out', help: 'Nothing.', type: 'gauge', samples: [] },
  ]);
  t.is(
    text,
    [
      '# HELP tsalt_a_total One\\\\two\\nthree.',
      '# TYPE tsalt_a_total counter',
      'tsalt_a_total 3',
      '# HELP tsalt_b B.',
      '# TYPE tsalt_b gauge',
      'tsalt_b{reactor="x \\"y\\" \\\\ z\\n",kind="k"} 0.25',
      'tsalt_b{reactor="w",kind=""} +Inf',
      '',
    ].join('\n'),
  );
});

/** The figures of a scrape, by name and labels. */
function read(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('a master that tells its figures: minions, jobs by state, events, the store and each reactor, to whoever asks there', async (t) => {
  const cluster = await startCluster(t, { metrics_port: 0, reactor: [{ 'salt/minion/*/start': 'builtin:start' }] });
  const { metrics_port: port } = cluster.described() as unknown as { metrics_port: number };
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${String(port)}${path}`, { method });
  const figures = async () => read(await (await ask('/metrics')).text());
  await cluster.joinMinion('web1');
  await cluster.exec('web1', 'test.ping', []);
  await cluster.publish('web1', 'test.sleep', [60]);
  const found = await eventually(async () => {
    const now = await figures();
    return now.get('tsalt_jobs_open{state="delivered"}') === 1 && now;
  });
  t.is(found.get('tsalt_sessions'), 1);
  t.is(found.get('tsalt_minion_keys{state="accepted"}'), 1);
  t.is(found.get('tsalt_jobs_open{state="queued"}'), 0);
  t.true((found.get('tsalt_jobs_total{outcome="returned"}') ?? 0) >= 1);
  t.true((found.get('tsalt_events_total') ?? 0) > 3);
  t.true((found.get('tsalt_store_bytes') ?? 0) > 100);
  t.true((found.get('tsalt_store_commit_seconds_total') ?? 0) > 0);
  t.true((found.get('tsalt_process_resident_memory_bytes') ?? 0) > 10_000_000);
  t.is(found.get('tsalt_reactor_lag_events{reactor="salt/minion/*/start builtin:start"}'), 0);
  t.true([...found.values()].every((value) => Number.isFinite(value)));
  const whole = await ask('/metrics?x=1');
  t.is(whole.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.is((await ask('/')).status, 404);
  t.is((await ask('/metrics', 'POST')).status, 405);
});

test('a master that is not asked to: tells no figures', async (t) => {
  const cluster = await startCluster(t);
  t.false('metrics_port' in cluster.described());
});
