import path from 'node:path';
import { isMap } from '../lib/json.ts';
import { connectLocal } from '../wire/local/client.ts';
import { cpuOf } from './process.ts';
import { atLeast, besides, report, shown } from './report.ts';
import { besideSalt } from './salt-cluster.ts';
import { openSite, type Site } from './site.ts';
import { openSwarm } from './swarm.ts';

const MINIONS = 20;
const JOBS = 2000;
/** Salt's, which would need two minutes for as many. */
const JOBS_OF_SALT = 400;
/** Asked for at a time, each by a line of its own. */
const AT_ONCE = 20;

/** Jobs a second, each from asking for it until its return is heard: for one of twenty simulated minions, and of as many processes beside Salt's. */
export async function jobs(): Promise<void> {
  await simulated();
  await processes();
}

async function simulated(): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, MINIONS);
  const { perSecond, cpuMs } = await run(site, 'sim');
  report(`${JOBS} jobs, each for one of ${MINIONS} simulated minions, ${AT_ONCE} at a time`, {
    marks: [atLeast('jobs asked for, run, returned and on disk', perSecond, 300, 'a second')],
    notes: [`the master's main process: ${shown(cpuMs)} ms of CPU a job`],
  });
  swarm.close();
  await site.close();
}

async function processes(): Promise<void> {
  const site = await openSite();
  for (let index = 0; index < MINIONS; index++) site.startMinion(`real-${index}`);
  await site.acceptUntil(MINIONS);
  const { perSecond } = await run(site, 'real');
  await site.close();
  const salt = await besideSalt({ minions: MINIONS }, (it) => it.jobs({ count: JOBS_OF_SALT, at_once: AT_ONCE }));
  report(`jobs, each for one of ${MINIONS} minion processes, ${AT_ONCE} at a time`, {
    notes: [
      `tsalt: ${JOBS} jobs, ${shown(perSecond)} a second`,
      ...besides('returned', perSecond, salt && salt.returned / (salt.ms / 1000), 'a second'),
      ...(salt ? [`salt: ${salt.returned} of ${JOBS_OF_SALT} returned in ${shown(salt.ms / 1000)} s`] : []),
    ],
  });
}

/** Runs them all on minions of such names. Raises where one does not return. */
async function run(site: Site, name: string): Promise<{ perSecond: number; cpuMs: number }> {
  const socket = path.join(path.dirname(site.masterConfig), 'run/master.sock');
  const lines = await Promise.all(Array.from({ length: AT_ONCE }, () => connectLocal('master', socket)));
  const cpuBefore = cpuOf(site.master.pid ?? 0);
  let left = JOBS;
  let returned = 0;
  const started = performance.now();
  await Promise.all(
    lines.map(async (line) => {
      while (left > 0) {
        const tgt = `${name}-${left-- % MINIONS}`;
        const params = { tgt, tgt_type: 'glob', fun: 'test.ping', arg: [], kwarg: {}, wait: true };
        await line.call('exec', params, (event) => {
          if (isMap(event) && event['id'] === tgt) returned++;
        });
      }
    }),
  );
  const took = performance.now() - started;
  if (returned !== JOBS) throw new Error(`${returned} returns of ${JOBS} jobs`);
  for (const line of lines) line.close();
  return { perSecond: JOBS / (took / 1000), cpuMs: ((cpuOf(site.master.pid ?? 0) - cpuBefore) * 1000) / JOBS };
}
