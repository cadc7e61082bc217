import { cliErrors } from '../lib/errors/cli.ts';

export default function call(): Promise<number> {
  return Promise.reject(cliErrors.missingArgument({ verb: 'call', what: 'a function' }));
}
