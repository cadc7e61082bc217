import { quantile, race, ratio } from './measure.ts';
import { cpuOf } from './process.ts';
import { atMost, report, shown, type Mark } from './report.ts';
import { openSite, type Site } from './site.ts';
import { openSwarm } from './swarm.ts';
import { tsalt } from './workplace.ts';

/** What a ping of so many minion processes may take, in ms, the whole command line. */
const processes: readonly (readonly [count: number, most: number])[] = [
  [1, 120],
  [20, 200],
  [50, 300],
];
const ROUNDS = 15;
const SIMULATED = 1000;
const SIMULATED_ROUNDS = 40;

/** `tsalt '*' test.ping`, the whole command line: of minion processes, and of a thousand simulated minions. */
export async function ping(): Promise<void> {
  for (const [count, most] of processes) await pingProcesses(count, most);
  await pingSimulated();
}

async function pingProcesses(count: number, most: number): Promise<void> {
  const site = await openSite();
  const ids = Array.from({ length: count }, (_, index) => `ping-${index}`);
  const pids = ids.map((id) => site.startMinion(id).pid ?? 0);
  await site.acceptUntil(count);
  const title = `tsalt '*' test.ping of ${count} minion processes`;
  pingAll(site, title, pids, ROUNDS, (runs) => [atMost('whole command line, median', quantile(runs, 0.5), most, 'ms')]);
  await site.close();
}

async function pingSimulated(): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, SIMULATED, 2);
  pingAll(site, `tsalt '*' test.ping of ${SIMULATED} simulated minions`, [], SIMULATED_ROUNDS, (runs) => [
    atMost('whole command line, median', quantile(runs, 0.5), 800, 'ms'),
    atMost('99 of 100', quantile(runs, 0.99), 1500, 'ms'),
  ]);
  swarm.close();
  await site.close();
}

function pingAll(
  site: Site,
  title: string,
  minions: readonly number[],
  rounds: number,
  marksOf: (runs: readonly number[]) => readonly Mark[],
): void {
  const cpu = (): number => [site.master.pid ?? 0, ...minions].reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = cpu();
  const argv = [...tsalt, 'exec', '--config-dir', site.masterConfig, '*', 'test.ping'];
  const all = race(
    [
      { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
      { name: 'tsalt', argv },
    ],
    rounds,
  );
  const used = (cpu() - before) / (rounds + 1);
  const runs = all.find(({ name }) => name === 'tsalt')?.runs ?? [];
  report(title, {
    marks: marksOf(runs),
    measured: all,
    notes: [
      `${shown(ratio(all, 'tsalt', 'node -e 0'))} times bare Node`,
      `CPU of the master${minions.length > 0 ? ' and the minions' : ''} for one ping of all: ${shown(used * 1000)} ms`,
    ],
  });
}
