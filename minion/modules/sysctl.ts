import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { defaultSysctlFile, parseSysctl, readSysctl, readSysctlFile, sysctlName } from '../../lib/system/sysctl.ts';

/** Settings of the kernel. */
export default defineModule({
  get: defineFunction({
    summary: 'What the kernel has for a setting now; empty when it has none.',
    args: v.strictObject({ name: v.pipe(v.string(), v.regex(sysctlName)) }),
    sync: true,
    run: ({ name }, { machine }) => readSysctl(machine.files, name) ?? '',
  }),
  show: defineFunction({
    summary: 'The settings of a file, by default the one that states write.',
    args: v.strictObject({ config_file: v.optional(v.pipe(v.string(), v.startsWith('/'))) }),
    sync: true,
    run({ config_file: path }, { machine }) {
      const lines = readSysctlFile(machine.files, path ?? defaultSysctlFile(machine.files)).map(parseSysctl);
      return Object.fromEntries(lines.flatMap((line) => (line ? [[line.name, line.value]] : [])));
    },
  }),
  default_config: defineFunction({
    summary: 'The file that states write settings into.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => defaultSysctlFile(machine.files),
  }),
});
