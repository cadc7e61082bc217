import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
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

/** Salt from a virtualenv (`SALT_CALL`, or one of `.ci/salt.txt`), or nothing. */
export function saltCall(place: Workplace, ...words: readonly string[]): Contender[] {
  const program = found(
    [
      process.env.SALT_CALL,
      '/var/cache/tsalt/salt/bin/salt-call',
      path.join(os.homedir(), '.cache/tsalt/salt/bin/salt-call'),
      '/opt/salt/bin/salt-call',
    ],
    'Salt (V=~/.cache/tsalt/salt; python3 -m venv $V && $V/bin/pip install -r .ci/salt.txt)',
  );
  if (program === undefined) return [];
  return [{ name: 'salt', argv: [program, '--local', '--config-dir', place.saltConfig(), ...words] }];
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
