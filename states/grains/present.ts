import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import type { Json } from '../../lib/json.ts';
import {
  grainArgs,
  grainAt,
  grainsWith,
  grainValue,
  isSame,
  putAt,
  readGrains,
  shownValue,
  wayOf,
  whyFixed,
  writeGrain,
} from '../../lib/system/grains-file.ts';

export default defineState({
  summary: 'The minion has a grain of this value: it is set in the file `grains` beside the config.',
  example: `
rack:
  grains.present:
    - value: r12
`,
  args: v.strictObject({ ...grainArgs, value: grainValue, force: v.optional(v.boolean(), false) }),
  reads: ['files'],
  grainsAfter: (given, grains) => grainsWith(grains, wayOf(given), given.value),
  read: readGrains,
  plan(given, facts) {
    const { value, force } = given;
    const { keys, shown } = wayOf(given);
    const [top, ...below] = keys;
    const old = grainAt(facts.grains, keys);
    if (isSame(old, value)) return alreadyRight('Grain is already set');
    const fixed = whyFixed(facts, keys);
    if (fixed !== undefined) return impossible(fixed);
    if (!force && isComplex(old))
      return impossible(`The key '${shown}' exists but is a dict or a list. Use 'force=True' to overwrite.`);
    if (!force && isComplex(value) && old !== undefined && old !== null)
      return impossible(
        `The key '${shown}' exists and the given value is a dict or a list. Use 'force=True' to overwrite.`,
      );
    const made = putAt(facts.grains[top], below, value, force, top);
    if (typeof made === 'string') return impossible(made);
    return {
      changes: { [top]: made.value ?? null },
      comment: `Grain ${shown} is set to be ${old === undefined ? 'added' : 'changed'}`,
      done: `Set grain ${shown} to ${shownValue(value)}`,
      steps: writeGrain(facts, top, made.value),
    };
  },
});

function isComplex(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null;
}
