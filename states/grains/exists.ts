import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { grainArgs, grainAt, readGrains, wayOf } from '../../lib/system/grains-file.ts';

export default defineState({
  summary: 'Fails unless there is a grain of this name.',
  example: `
roles:
  grains.present:
    - value: [web]

roles-are-said:
  grains.exists:
    - name: roles
`,
  args: v.strictObject(grainArgs),
  reads: ['files'],
  read: readGrains,
  plan: (given, { grains }) =>
    grainAt(grains, wayOf(given).keys) === undefined
      ? impossible('Grain does not exist')
      : alreadyRight('Grain exists'),
});
