import { connectLocal } from '../wire/local/client.ts';
import path from 'node:path';
import { isMap } from '../lib/json.ts';
import { cpuOf } from './process.ts';
import { atLeast, report, shown } from './report.ts';
import { openSite } from './site.ts';
import { openSwarm } from './swarm.ts';

const MINIONS = 20;
const JOBS = 2000;
/** Asked for at a time, each by a line of its own. */
const AT_ONCE = 20;

/** Jobs a second: each for one of twenty simulated minions, from asking for it until its return is heard. */
export async function jobs(): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, MINIONS);
  const socket = path.join(path.dirname(site.masterConfig), 'run/master.sock');
  const lines = await Promise.all(Array.from({ length: AT_ONCE }, () => connectLocal('master', socket)));
  const cpuBefore = cpuOf(site.master.pid ?? 0);
  let left = JOBS;
  let returned = 0;
  const started = performance.now();
  await Promise.all(
    lines.map(async (line) => {
      while (left > 0) {
        const tgt = `sim-${left-- % MINIONS}`;
        const params = { tgt, tgt_type: 'glob', fun: 'test.ping', arg: [], kwarg: {}, wait: true };
        await line.call('exec', params, (event) => {
          if (isMap(event) && event['id'] === tgt) returned++;
        });
      }
    }),
  );
  const took = performance.now() - started;
  if (returned !== JOBS) throw new Error(`${returned} returns of ${JOBS} jobs`);
  const cpu = cpuOf(site.master.pid ?? 0) - cpuBefore;
  report(`${JOBS} jobs, each for one of ${MINIONS} simulated minions, ${AT_ONCE} at a time`, {
    marks: [atLeast('jobs asked for, run, returned and on disk', JOBS / (took / 1000), 300, 'a second')],
    notes: [`the master's main process: ${shown((cpu * 1000) / JOBS)} ms of CPU a job`],
  });
  for (const line of lines) line.close();
  swarm.close();
  await site.close();
}
