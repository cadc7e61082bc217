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
  summary: 'A grain that is a list has none of these values in it.',
  example: `
roles:
  grains.list_absent:
    - value: db
`,
  args: v.strictObject({ ...grainArgs, value: grainValues }),
  reads: ['files'],
  read: readGrains,
  plan(given, facts) {
    const { value: values } = given;
    const { keys, shown } = wayOf(given);
    const [top, ...below] = keys;
    const list = grainAt(facts.grains, keys);
    if (list === undefined || list === null || list === '') return alreadyRight(`Grain ${shown} does not exist`);
    if (!Array.isArray(list)) return impossible(`Grain ${shown} is not a valid list`);
    const there = values.filter((value) => list.some((item) => isSame(item, value)));
    const say = (what: string): string =>
      values
        .map((value) =>
          there.includes(value)
            ? what.replace('VALUE', () => shownValue(value))
            : `Value ${shownValue(value)} is absent from grain ${shown}`,
        )
        .join('\n');
    if (there.length === 0) return alreadyRight(say(''));
    const fixed = whyFixed(facts, keys);
    if (fixed !== undefined) return impossible(fixed);
    const rest = list.filter((item) => !there.some((value) => isSame(item, value)));
    const made = putAt(facts.grains[top], below, rest, false, top);
    if (typeof made === 'string') return impossible(made);
    return {
      changes: { deleted: there },
      comment: say(`Value VALUE in grain ${shown} is set to be deleted`),
      done: say(`Value VALUE was deleted from grain ${shown}`),
      steps: writeGrain(facts, top, made.value),
    };
  },
});
