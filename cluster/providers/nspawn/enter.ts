import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { run, type CommandOptions, type CommandResult } from './command.ts';
import { leaderOf, type Machine } from './machine.ts';

// $1 is the file that moves its writer into a cgroup of the machine, so that what is run is paused and killed with it.
const inside = 'echo $$ >"$1" || exit 125; shift; exec "$@"';

const environment = [
  'HOME=/root',
  'USER=root',
  'LANG=C.UTF-8',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
];

/**
 * Runs a command in a running machine, as its root in /root. It may not set the clock, which all machines share with this
 * one. Raises `TS_NSPAWN_NOT_RUNNING`.
 */
export async function enter(
  { id, cgroup }: Machine,
  command: readonly string[],
  options: Pick<CommandOptions, 'env' | 'input' | 'signal'> = {},
): Promise<CommandResult> {
  const leader = leaderOf(cgroup);
  if (leader === undefined || cgroup.frozen) throw nspawnErrors.notRunning({ id });
  const { env = {}, ...rest } = options;
  const variables = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  return run(
    [
      'sh',
      '-c',
      inside,
      'sh',
      path.join(cgroupOf(leader, cgroup.directory), 'cgroup.procs'),
      'nsenter',
      `--target=${leader}`,
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--cgroup',
      '--root',
      '--wd',
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--bounding-set',
      '-sys_time,-sys_module,-sys_rawio',
      'env',
      '-i',
      '-C',
      '/root',
      ...environment,
      ...variables,
      ...command,
    ],
    rest,
  );
}

/** The cgroup that the machine's PID 1 is in itself: one that may hold processes. */
function cgroupOf(leader: number, machine: string): string {
  const line = /^0::(.*)$/m.exec(readFileSync(`/proc/${leader}/cgroup`, 'utf8'))?.[1] ?? '';
  return path.join(machine, line.endsWith('/init.scope') ? 'payload/init.scope' : 'payload');
}
