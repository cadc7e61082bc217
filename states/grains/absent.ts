import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { grainArgs, grainAt, putAt, readGrains, wayOf, whyFixed, writeGrain } from '../../lib/system/grains-file.ts';

export default defineState({
  summary: 'The minion has no such grain: its value is nothing, or with `destructive` it is gone.',
  example: `
rack:
  grains.absent:
    - destructive: true
`,
  args: v.strictObject({
    ...grainArgs,
    destructive: v.optional(v.boolean(), false),
    force: v.optional(v.boolean(), false),
  }),
  reads: ['files'],
  read: readGrains,
  plan(given, facts) {
    const { destructive, force } = given;
    const { keys, shown } = wayOf(given);
    const [top, ...below] = keys;
    const old = grainAt(facts.grains, keys);
    if (old === undefined) return alreadyRight(`Grain ${shown} does not exist`);
    if (old === null && !destructive) return alreadyRight(`Value for grain ${shown} is already None`);
    const fixed = whyFixed(facts, keys);
    if (fixed !== undefined) return impossible(fixed);
    if (destructive && !Object.hasOwn(facts.own, top))
      return impossible(
        `Grain ${top} is not set in ${facts.file.path}: the minion finds it itself, so it can't be deleted`,
      );
    if (!force && typeof old === 'object' && old !== null)
      return impossible(`The key '${shown}' exists but is a dict or a list. Use 'force=True' to overwrite.`);
    const made = putAt(facts.grains[top], below, destructive ? undefined : null, force, top);
    if (typeof made === 'string') return impossible(made);
    return {
      changes: destructive ? { deleted: shown } : { grain: shown, value: null },
      comment: destructive
        ? `Grain ${shown} is set to be deleted`
        : `Value for grain ${shown} is set to be deleted (None)`,
      done: destructive ? `Grain ${shown} was deleted` : `Value for grain ${shown} was set to None`,
      steps: writeGrain(facts, top, made.value),
    };
  },
});
