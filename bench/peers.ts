import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A peer's program, or the reason why it is not in the race. */
export type Peer = { readonly program: string } | { readonly missing: string };

function found(candidates: readonly (string | undefined)[], how: string): Peer {
  const program = candidates.find((candidate) => candidate !== undefined && existsSync(candidate));
  return program === undefined ? { missing: how } : { program };
}

/** Salt from a virtualenv: `TSALT_SALT_VENV`, or the one that `.ci/run` makes. */
export const salt = (): Peer =>
  found(
    [process.env.TSALT_SALT_VENV, path.join(os.homedir(), '.cache/tsalt/salt'), '/opt/salt'].map(
      (venv) => venv && path.join(venv, 'bin/salt-call'),
    ),
    'no Salt: python3 -m venv ~/.cache/tsalt/salt && ~/.cache/tsalt/salt/bin/pip install salt==3007.8',
  );

export const cfengine = (): Peer =>
  found(['/usr/sbin/cf-agent', '/usr/bin/cf-agent'], 'no cfengine: apt-get install cfengine3');
export const puppet = (): Peer => found(['/usr/bin/puppet'], 'no puppet: apt-get install puppet-agent');
export const ansible = (): Peer => found(['/usr/bin/ansible-playbook'], 'no ansible: apt-get install ansible');
