import type { UserDataSpec } from '../cluster/user-data.ts';

/** The states that a head node brings along, in its bundle. */
const example = '/opt/tsalt/current/examples/head-node';

/**
 * What a head node is told: its master lets launched machines in, has them configured and forwards their samples to the
 * Graphite beside it; its minion finds its states in `/srv/tsalt/states` or, where a file is missing there, in the example.
 */
export const headNode: Pick<UserDataSpec, 'masterConfig' | 'minionConfig'> = {
  masterConfig: {
    bundle_server: true,
    'graphite.host': '127.0.0.1',
    reactor: [
      { 'salt/auth': ['builtin:auth'] },
      { 'salt/minion/*/start': ['builtin:start'] },
      { 'collector/result': ['builtin:result'] },
    ],
  },
  minionConfig: {
    collectors: true,
    file_roots: { base: ['/srv/tsalt/states', `${example}/states`] },
  },
};
