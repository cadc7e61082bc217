import { cliErrors } from '../lib/errors/cli.ts';

export default function check(): Promise<number> {
  return Promise.reject(cliErrors.missingArgument({ verb: 'check', what: 'files to check' }));
}
