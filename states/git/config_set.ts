import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { gitKey, valuesOf, withValues } from '../../lib/system/git-config.ts';
import { checkFile, fileArgs, readConfigFile, writeConfig, type ConfigFile } from './config-file.ts';

const args = v.strictObject({
  name: v.string(),
  value: v.optional(arg.scalar),
  multivar: v.optional(v.union([arg.scalar, v.array(arg.scalar)])),
  ...fileArgs,
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, ConfigFile>({
  summary: 'A setting of git has this value, in a repository or for a user.',
  example: `
user.email:
  git.config_set:
    - value: robot@example.org
    - global: true
`,
  args,
  reads: ['files', 'accounts'],
  check(given) {
    if (gitKey(given.name) === undefined)
      return `${JSON.stringify(given.name)} is no setting of git: expected section.name or section.part.name`;
    if ((given.value === undefined) === (given.multivar === undefined))
      return "Only one of 'value' and 'multivar' is permitted, and one is needed";
    return checkFile(given);
  },
  read: (given, machine) => readConfigFile(given, machine),

  plan(given, file): Plan {
    if (file.problem !== undefined) return impossible(file.problem);
    const { name } = given;
    const desired = desiredOf(given);
    const key = gitKey(name) ?? name;
    const old = valuesOf(file.config, key);
    const subject = `${given.global ? 'Global key ' : ''}'${name}'`;
    const shown =
      given.multivar === undefined ? `'${desired.join('')}'` : `[${desired.map((one) => `'${one}'`).join(', ')}]`;
    if (JSON.stringify(old) === JSON.stringify(desired)) return alreadyRight(`${subject} is already set to ${shown}`);
    const how = `${old.length === 0 ? 'added as' : 'set to'} ${shown}`;
    return {
      changes: { [name]: { old: old.length === 0 ? null : old, new: desired } },
      comment: `${subject} would be ${how}`,
      done: `${subject} was ${how}`,
      steps: [writeConfig(file, withValues(file.config, key, desired))],
    };
  },
});

function desiredOf({ value, multivar }: Args): string[] {
  if (multivar === undefined) return [String(value ?? '')];
  return typeof multivar === 'string' ? multivar.split(',') : [multivar].flat().map(String);
}
