import { cliErrors } from '../lib/errors/cli.ts';
import type { Json } from '../lib/json.ts';
import type { LocalCall } from '../minion/local.ts';

/** Runs a function with the master's state files and pillar. Raises `TS_CLI_NO_MASTER` where no master is at hand. */
export default function ask({ config }: LocalCall): Promise<Json> {
  return Promise.reject(
    cliErrors.noMaster({ master: config.master }, { hint: 'add --local to use the state files of this machine' }),
  );
}
