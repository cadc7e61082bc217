import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { startCluster } from '../kit/cluster.ts';
import { eventually as soon } from '../kit/eventually.ts';
import { openHosts, tsaltBinds } from './kit.ts';

test('a machine whose cable is out for a minute, is missed, comes back by itself, does what it was sent, and starts no second time', async (t) => {
  t.timeout(300_000);
  const hosts = await openHosts({ binds: tsaltBinds });
  t.teardown(() => hosts.close());
  const cluster = await startCluster(t, { interface: hosts.gateway });
  const host = await hosts.boot('web1');
  const { ret_port: port, master_key } = cluster.described();
  const config = { id: 'web1', master: hosts.gateway, master_port: port, master_key };
  await host.push('/etc/tsalt/minion', JSON.stringify(config));
  await host.run('systemd-run', '--unit=tsalt-minion', '/usr/local/bin/node', '/opt/tsalt/bin/tsalt.cjs', 'minion');
  await soon(
    async () => ((await cluster.control.call('key.accept', { match: 'web1' })) as string[]).length > 0,
    60_000,
  );
  await cluster.connected('web1', 60_000);

  await host.cut();
  const jid = await cluster.publish('web1', 'cmd.run', ['echo once'], 200);
  await soon(async () => ((await cluster.run('manage.down')) as string[]).includes('web1'), 60_000);
  // The minute is the situation: routes and sessions have to be given up by then.
  await delay(60_000);
  await host.heal();
  const returns = await soon(async () => {
    const seen = await cluster.events(`salt/job/${jid}/ret/web1`);
    return seen.length > 0 && seen;
  }, 60_000);
  t.deepEqual(
    returns.map(({ data }) => data['return']),
    ['once'],
  );
  t.is((await cluster.events('salt/minion/web1/start')).length, 1);
});
