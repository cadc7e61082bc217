import { race, ratio } from './measure.ts';
import { cpuOf } from './process.ts';
import { atMost, report, shown } from './report.ts';
import { openSite } from './site.ts';
import { tsalt } from './workplace.ts';

const MINIONS = 20;
const ROUNDS = 15;

/** `tsalt '*' test.ping` of 20 minion processes, the whole command line. */
export async function ping(): Promise<void> {
  const site = await openSite();
  const ids = Array.from({ length: MINIONS }, (_, index) => `ping-${index}`);
  const pids = ids.map((id) => site.startMinion(id).pid ?? 0);
  await site.acceptUntil(MINIONS);
  const cpu = (): number => [site.master.pid ?? 0, ...pids].reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = cpu();
  const all = race(
    [
      { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
      { name: 'tsalt', argv: [...tsalt, 'exec', '--config-dir', site.masterConfig, '*', 'test.ping'] },
    ],
    ROUNDS,
  );
  const used = (cpu() - before) / (ROUNDS + 1);
  const [, ours] = all;
  const sorted = [...(ours?.runs ?? [])].sort((a, b) => a - b);
  report(`tsalt '*' test.ping of ${MINIONS} minion processes`, {
    marks: [atMost('whole command line, median', sorted[sorted.length >> 1] ?? NaN, 300, 'ms')],
    measured: all,
    notes: [
      `${shown(ratio(all, 'tsalt', 'node -e 0'))} times bare Node`,
      `CPU of master and minions for one ping of all: ${shown(used * 1000)} ms`,
    ],
  });
  await site.close();
}
