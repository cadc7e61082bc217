import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import * as arg from './args.ts';

const args = v.strictObject({ name: arg.path });

export default defineState({
  summary: 'Nothing is at this path; nothing is changed.',
  example: `
/etc/nologin:
  file.missing
`,
  args,
  reads: ['files'],
  read: ({ name }, { files }) => files.follow(name) !== undefined,
  plan: ({ name }, found) =>
    found ? impossible(`Specified path ${name} exists`) : alreadyRight(`Path ${name} is missing`),
});
