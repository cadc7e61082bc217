import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { encodingComplaint } from '../../lib/encoding.ts';
import type { JsonMap } from '../../lib/json.ts';
import { fileArgs, scalar, words } from './args.ts';
import { optionsOf, removeOption } from './ini-file.ts';
import { inSection, planIni, readIni } from './plan.ts';

const args = v.strictObject({
  ...fileArgs,
  /** Keys of each section; an option of no section has its own name here. */
  sections: v.optional(v.record(v.string(), v.union([words, scalar])), {}),
});

export default defineState({
  summary: 'An ini file has none of these options.',
  example: `
/etc/systemd/journald.conf:
  ini.options_absent:
    - sections:
        Journal:
          - RuntimeMaxUse
`,
  args,
  reads: ['files'],
  check: ({ encoding }) => encodingComplaint(encoding),
  read: readIni,
  plan: (given, facts) =>
    planIni(given, facts, (ini, said) => {
      const changes: JsonMap = {};
      for (const [name, keys] of Object.entries(given.sections)) {
        const section = Array.isArray(keys) ? name : '';
        const had = optionsOf(ini, section);
        const gone = (Array.isArray(keys) ? keys : [name]).filter((key) => had.has(key));
        for (const key of gone) {
          removeOption(ini, section, key);
          said.push(`Deleted key ${key}${inSection(section)}`);
        }
        const before = gone.map((key) => [key, had.get(key) ?? ''] as const);
        if (section === '') Object.assign(changes, Object.fromEntries(before));
        else if (gone.length > 0) changes[section] = Object.fromEntries(before);
      }
      return changes;
    }),
});
