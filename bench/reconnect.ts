import { isMap } from '../lib/json.ts';
import { memoryOf } from './process.ts';
import { atMost, report, shown } from './report.ts';
import { openSite, until } from './site.ts';
import { openSwarm } from './swarm.ts';

const LINKS = 1000;

/** A thousand minions whose master is killed all come back to it at once. */
export async function reconnect(): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, LINKS, 4);
  const connected = async (): Promise<number> => {
    const status = await site.control.call('status');
    return isMap(status) ? Number(status.sessions) : 0;
  };
  await until('all are connected', () => swarm.connected() === LINKS);
  await site.restartMaster('SIGKILL');
  const started = performance.now();
  await until('all are back', async () => (await connected()) === LINKS && swarm.connected() === LINKS);
  const took = performance.now() - started;
  const wire = await site.stats('wire');
  const { own } = memoryOf(site.master.pid ?? 0);
  report(`${LINKS} simulated minions, master killed and started again`, {
    marks: [
      atMost('from its first answer until all are back', took, 10_000, 'ms'),
      atMost('handshakes beyond one for each', (wire.handshakes ?? NaN) - LINKS, 0, 'handshakes'),
      atMost('memory (PSS) of the master', own, 300, 'MiB'),
    ],
    notes: [`${shown(took / LINKS)} ms for each, both ends on the same cores; wire: ${JSON.stringify(wire)}`],
  });
  swarm.close();
  await site.close();
}
