import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  grainArgs,
  grainAt,
  grainsWith,
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
  summary: 'A grain is a list with these values in it; it is made if need be.',
  example: `
roles:
  grains.list_present:
    - value: [web, db]
`,
  args: v.strictObject({ ...grainArgs, value: grainValues }),
  reads: ['files'],
  grainsAfter(given, grains) {
    const way = wayOf(given);
    const old = grainAt(grains, way.keys);
    return grainsWith(grains, way, [...(Array.isArray(old) ? old : []), ...given.value]);
  },
  read: readGrains,
  plan(given, facts) {
    const { value: values } = given;
    const { keys, shown } = wayOf(given);
    const [top, ...below] = keys;
    const old = grainAt(facts.grains, keys) ?? [];
    if (!Array.isArray(old) && old !== '') return impossible(`Grain ${shown} is not a valid list`);
    const list = Array.isArray(old) ? old : [];
    const missing = values.filter((value) => !list.some((item) => isSame(item, value)));
    const said = values.map(shownValue).join(', ');
    if (missing.length === 0) return alreadyRight(`Value ${said} is already in grain ${shown}`);
    const fixed = whyFixed(facts, keys);
    if (fixed !== undefined) return impossible(fixed);
    const made = putAt(facts.grains[top], below, [...list, ...missing], false, top);
    if (typeof made === 'string') return impossible(made);
    return {
      changes: { new: { [top]: made.value ?? null } },
      comment:
        list.length > 0 ? `Value ${said} is set to be appended to grain ${shown}` : `Grain ${shown} is set to be added`,
      done: `Append value ${said} to grain ${shown}`,
      steps: writeGrain(facts, top, made.value),
    };
  },
});
