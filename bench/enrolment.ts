import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMap } from '../lib/json.ts';
import { median } from './measure.ts';
import { atMost, report, shown } from './report.ts';
import { hear, openSite, until, type Site } from './site.ts';

const ROUNDS = 7;
const steps = ['salt/auth', 'salt/minion/*/start', 'tsalt/instance/*/ready'] as const;

/** From the start of a minion's process to the file that its first highstate writes: launched, let in, configured. */
export async function enrolment(): Promise<void> {
  const site = await openSite({
    config(directory) {
      const states = path.join(directory, 'states');
      mkdirSync(states);
      writeFileSync(path.join(states, 'top.sls'), "base:\n  '*':\n    - hello\n");
      writeFileSync(path.join(states, 'hello.sls'), '/etc/hello:\n  file.managed:\n    - contents: hello\n');
      return {
        file_roots: { base: [states] },
        reactor: [{ 'salt/auth': ['builtin:auth'] }, { 'salt/minion/*/start': ['builtin:start'] }],
      };
    },
  });
  const written: number[] = [];
  const seen = new Map<string, number[]>();
  for (let round = -1; round < ROUNDS; round++) {
    const times = await enrol(site, `new-${round + 1}`);
    if (round < 0) continue;
    written.push(times.get('file') ?? NaN);
    for (const [step, ms] of times) seen.set(step, [...(seen.get(step) ?? []), ms]);
  }
  report('enrolment: minion process started, to the file of its first highstate written', {
    marks: [atMost('median', median(written), 1000, 'ms')],
    measured: [{ name: 'tsalt', runs: written }],
    notes: [`on the way: ${[...seen].map(([step, runs]) => `${step} ${shown(median(runs))} ms`).join(', ')}`],
  });
  await site.close();
}

/** Milliseconds from the start of the minion's process to each step. */
async function enrol(site: Site, id: string): Promise<Map<string, number>> {
  const issued = await site.control.call('instance.add', { id, provider: 'bench', roles: [] });
  await site.control.call('instance.starting', { id, reason: 'the bench starts it' });
  const token = isMap(issued) ? (issued.token ?? null) : null;
  const times = new Map<string, number>();
  const started = Date.now();
  const ends = await Promise.all(
    steps.map((step) => hear(site, step, () => void (times.has(step) || times.set(step, Date.now() - started)))),
  );
  const file = path.join(site.directory, id, 'root/etc/hello');
  const minion = site.startMinion(id, { enrolment_token: token });
  await until('the file is written', () => existsSync(file));
  times.set('file', statSync(file).mtimeMs - started);
  await until('the machine is ready', () => times.has('tsalt/instance/*/ready'));
  for (const end of ends) end();
  const ended = new Promise((resolve) => minion.once('exit', resolve));
  minion.kill('SIGTERM');
  await ended;
  rmSync(path.join(site.directory, id), { recursive: true });
  return times;
}
