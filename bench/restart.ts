import { makeHistory } from './history.ts';
import { atMost, report, shown } from './report.ts';
import { openSite } from './site.ts';

const JOBS = 1000;
const MINIONS = 1000;

/** How long a master takes to answer when it has a million records of jobs, each of a minion's return, and how it was ended. */
export async function restart(): Promise<void> {
  const site = await openSite({ prepare: (cachedir) => makeHistory(cachedir, JOBS, MINIONS) });
  const newest = await site.control.call('run', { fun: 'jobs.list_jobs', kwarg: { limit: 1 } });
  const [jid = ''] = Object.keys(newest as object);
  const stopped = await site.restartMaster('SIGTERM');
  const killed = [await site.restartMaster('SIGKILL'), await site.restartMaster('SIGKILL')];
  const again = await site.control.call('run', { fun: 'jobs.lookup_jid', arg: [jid] });
  const returned = Object.keys(again as object).length;
  if (returned !== MINIONS) throw new Error(`${returned} returns of ${MINIONS} are there`);
  const store = await site.stats('store');
  report(`a master with ${JOBS * MINIONS} records of jobs is started`, {
    marks: [
      atMost('until it answers, after it was stopped', stopped, 5000, 'ms'),
      atMost('until it answers, after kill -9, the slower of two', Math.max(...killed), 5000, 'ms'),
    ],
    notes: [
      `${shown((store.bytes ?? 0) / 2 ** 20)} MiB of log in ${store.segments} files, ${store.values} values of ${shown((store.valueBytes ?? 0) / 2 ** 20)} MiB`,
    ],
  });
  await site.close();
}
