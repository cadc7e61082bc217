import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { withoutEntries } from '../../lib/system/git-config.ts';
import { checkFile, fileArgs, readConfigFile, writeConfig, type ConfigFile } from './config-file.ts';

const args = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  value_regex: v.optional(v.string()),
  all: arg.flag(false),
  ...fileArgs,
});

export default defineState<typeof args, ConfigFile>({
  summary: 'A setting of git is not set; the name may be a regular expression.',
  example: `
'http\\.proxy':
  git.config_unset:
    - global: true
`,
  args,
  reads: ['files', 'accounts'],
  check(given) {
    const wrong = [given.name, given.value_regex ?? ''].find((text) => compile(text) === undefined);
    return wrong === undefined ? checkFile(given) : `${JSON.stringify(wrong)} is no regular expression`;
  },
  read: (given, machine) => readConfigFile(given, machine),

  plan(given, file): Plan {
    if (file.problem !== undefined) return impossible(file.problem);
    // The first and the last part of a key are the same in any case.
    const name = compile(`^${given.name.replace(/^\^/, '').replace(/\$$/, '')}$`, 'i');
    const value = compile(given.value_regex ?? '');
    const gone = file.config.entries.filter((entry) => name?.test(entry.key) && value?.test(entry.value));
    if (gone.length === 0) return alreadyRight('No matching keys are set');
    const found = new Map<string, string[]>();
    for (const entry of gone) found.set(entry.key, [...(found.get(entry.key) ?? []), entry.value]);
    const several = [...found].filter(([, values]) => values.length > 1);
    if (several.length > 0 && !given.all) {
      const which = several.map(([key, values]) => `${key} (${values.join(', ')})`).join('; ');
      return impossible(
        given.value_regex === undefined
          ? `Multivar(s) matched by the key expression (set 'all' to True to force removal): ${which}`
          : `Multiple values are matched by value_regex for the following keys (set 'all' to True to force removal): ${which}`,
      );
    }
    return {
      changes: Object.fromEntries(found),
      comment: `${found.size} key(s) would have value(s) unset`,
      done: 'Value(s) successfully unset',
      steps: [writeConfig(file, withoutEntries(file.config, gone))],
    };
  },
});

function compile(pattern: string, flags = ''): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}
