import { quantile, race, ratio, type Contender, type Measured } from './measure.ts';
import { cpuOf } from './process.ts';
import { atMost, ratios, report, shown } from './report.ts';
import { besideSalt } from './salt-cluster.ts';
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

/** `tsalt '*' test.ping`, the whole command line: of minion processes, then in turn with Salt and as many of its, and of a thousand simulated minions. */
export async function ping(): Promise<void> {
  for (const [count, most] of processes) await pingProcesses(count, most);
  await pingSimulated();
}

async function pingProcesses(count: number, most: number): Promise<void> {
  const site = await openSite();
  const ids = Array.from({ length: count }, (_, index) => `ping-${index}`);
  const pids = ids.map((id) => site.startMinion(id).pid ?? 0);
  await site.acceptUntil(count);
  const { runs, ...seen } = pingAll(site, pids, ROUNDS);
  const inTurn = (await besideSalt({ minions: count }, ({ ping: salt }) => race([pingOf(site), salt], ROUNDS))) ?? [];
  await site.close();
  report(`tsalt '*' test.ping of ${count} minion processes`, {
    marks: [atMost('whole command line, median', quantile(runs, 0.5), most, 'ms')],
    measured: [...seen.measured, ...inTurn.map((each) => ({ ...each, name: `${each.name}, in turn` }))],
    notes: [...ratios(inTurn, 'tsalt', ['salt']), ...seen.notes],
  });
}

async function pingSimulated(): Promise<void> {
  const site = await openSite();
  const swarm = await openSwarm(site, SIMULATED, 2);
  const { runs, ...seen } = pingAll(site, [], SIMULATED_ROUNDS);
  report(`tsalt '*' test.ping of ${SIMULATED} simulated minions`, {
    marks: [
      atMost('whole command line, median', quantile(runs, 0.5), 800, 'ms'),
      atMost('99 of 100', quantile(runs, 0.99), 1500, 'ms'),
    ],
    ...seen,
  });
  swarm.close();
  await site.close();
}

function pingOf(site: Site): Contender {
  return { name: 'tsalt', argv: [...tsalt, 'exec', '--config-dir', site.masterConfig, '*', 'test.ping'] };
}

function pingAll(
  site: Site,
  minions: readonly number[],
  rounds: number,
): { runs: readonly number[]; measured: readonly Measured[]; notes: readonly string[] } {
  const cpu = (): number => [site.master.pid ?? 0, ...minions].reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = cpu();
  const measured = race([{ name: 'node -e 0', argv: [process.execPath, '-e', '0'] }, pingOf(site)], rounds);
  const used = (cpu() - before) / (rounds + 1);
  return {
    runs: measured.find(({ name }) => name === 'tsalt')?.runs ?? [],
    measured,
    notes: [
      `${shown(ratio(measured, 'tsalt', 'node -e 0'))} times bare Node`,
      `CPU of the master${minions.length > 0 ? ' and the minions' : ''} for one ping of all: ${shown(used * 1000)} ms`,
    ],
  };
}
