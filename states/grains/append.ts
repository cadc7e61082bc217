import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  grainArgs,
  grainAt,
  grainValues,
  isSame,
  putAt,
  readGrains,
  shownValue,
  wayOf,
  whyFixed,
  writeGrain,
} from '../../lib/system/grains-file.ts';

export default defineState({
  summary: 'A grain that exists is a list with this value in it; with `convert` one that is no list becomes one.',
  example: `
roles:
  grains.present:
    - value: [web]

roles-grow:
  grains.append:
    - name: roles
    - value: db
`,
  args: v.strictObject({ ...grainArgs, value: grainValues, convert: v.optional(v.boolean(), false) }),
  reads: ['files'],
  read: readGrains,
  plan(given, facts) {
    const { value: values, convert } = given;
    const { keys, shown } = wayOf(given);
    const [top, ...below] = keys;
    const old = grainAt(facts.grains, keys);
    if (old === undefined) return impossible(`Grain ${shown} does not exist`);
    if (!Array.isArray(old) && !convert) return impossible(`Grain ${shown} is not a valid list`);
    const list = Array.isArray(old) ? old : old === null ? [] : [old];
    const missing = values.filter((value) => !list.some((item) => isSame(item, value)));
    const said = values.map(shownValue).join(', ');
    if (missing.length === 0 && Array.isArray(old))
      return alreadyRight(`Value ${said} is already in the list for grain ${shown}`);
    const fixed = whyFixed(facts, keys);
    if (fixed !== undefined) return impossible(fixed);
    const made = putAt(facts.grains[top], below, [...list, ...missing], true, top);
    if (typeof made === 'string') return impossible(made);
    const [only] = missing;
    return {
      changes: { added: missing.length === 1 && only !== undefined ? only : missing },
      comment: Array.isArray(old)
        ? `Value ${said} in grain ${shown} is set to be added`
        : `Grain ${shown} is set to be converted to list and value ${said} will be added`,
      done: `Value ${said} was added to grain ${shown}`,
      steps: writeGrain(facts, top, made.value),
    };
  },
});
