import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import type { Contender } from './measure.ts';
import type { Workplace } from './workplace.ts';

/** The first of the programs that is there; says why a peer is not in the race where none is. */
function found(candidates: readonly (string | undefined)[], howToGetIt: string): string | undefined {
  const program = candidates.find((candidate) => candidate !== undefined && existsSync(candidate));
  if (program === undefined) console.log(`  left out: ${howToGetIt}`);
  return program;
}

/** Salt from a virtualenv (`SALT_CALL`, or one of `.ci/salt.txt`): its `salt-call`, where there is one. */
export function saltProgram(): string | undefined {
  return found(
    [
      process.env.SALT_CALL,
      '/var/cache/tsalt/salt/bin/salt-call',
      path.join(os.homedir(), '.cache/tsalt/salt/bin/salt-call'),
      '/opt/salt/bin/salt-call',
    ],
    'Salt (V=~/.cache/tsalt/salt; python3 -m venv $V && $V/bin/pip install -r .ci/salt.txt)',
  );
}

/** That Salt, keeping everything below the place, or nothing. */
export function saltCall(place: Workplace, ...words: readonly string[]): Contender[] {
  const program = saltProgram();
  if (program === undefined) return [];
  return [{ name: 'salt', argv: [program, '--local', '--config-dir', place.saltConfig(), ...words] }];
}

/** `puppet apply`, with all that it keeps below the place, or nothing. */
export function puppetApply(place: Workplace, ...words: readonly string[]): Contender[] {
  const program = found(['/opt/puppetlabs/bin/puppet', '/usr/bin/puppet'], 'Puppet (apt-get install puppet)');
  if (program === undefined) return [];
  const own = ['confdir', 'codedir', 'vardir', 'rundir', 'logdir'].flatMap((setting) => [
    `--${setting}`,
    path.join(place.directory, 'puppet', setting),
  ]);
  return [{ name: 'puppet', argv: [program, 'apply', ...own, ...words] }];
}

/** One of Ansible's programs, with a config and temporary directories of its own, or nothing. */
export function ansible(
  place: Workplace,
  name: 'ansible' | 'ansible-playbook',
  ...words: readonly string[]
): Contender[] {
  const program = found([`/usr/bin/${name}`], 'Ansible (apt-get install ansible)');
  if (program === undefined) return [];
  const home = path.join(place.directory, 'ansible');
  mkdirSync(home);
  const config = path.join(home, 'ansible.cfg');
  // The interpreter is named, so that no task has to look for one.
  const settings = {
    home,
    local_tmp: `${home}/tmp`,
    remote_tmp: `${home}/tmp`,
    interpreter_python: '/usr/bin/python3',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  writeFileSync(config, `[defaults]\n${lines.join('')}`);
  return [{ name: 'ansible', argv: [program, ...words], env: { ANSIBLE_CONFIG: config, LC_ALL: 'C.UTF-8' } }];
}

/** cfengine's agent on a policy file, with a work directory of its own, or nothing. */
export function cfAgent(place: Workplace, policy: string): Contender[] {
  const program = found(['/usr/sbin/cf-agent', '/usr/bin/cf-agent'], 'cfengine (apt-get install cfengine3)');
  if (program === undefined) return [];
  const work = path.join(place.directory, 'cfengine');
  for (const name of ['', 'bin', 'inputs', 'outputs', 'ppkeys', 'state'])
    mkdirSync(path.join(work, name), { recursive: true, mode: 0o700 });
  symlinkSync(path.join(path.dirname(program), 'cf-promises'), path.join(work, 'bin/cf-promises'));
  const env = { CFENGINE_TEST_OVERRIDE_WORKDIR: work };
  spawnSync(path.join(path.dirname(program), 'cf-key'), { env: { ...process.env, ...env } });
  return [{ name: 'cfengine', argv: [program, '-Kf', policy], env }];
}
