import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';

const args = v.strictObject({ name: arg.path });

export default defineState({
  summary: 'Something is at this path; nothing is changed.',
  example: `
/etc/hosts:
  file.exists
`,
  args,
  reads: ['files'],
  read: ({ name }, { files }) => files.follow(name) !== undefined,
  plan: ({ name }, found) =>
    found ? alreadyRight(`Path ${name} exists`) : impossible(`Specified path ${name} does not exist`),
});
