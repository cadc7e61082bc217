import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { encodingComplaint } from '../../lib/encoding.ts';
import type { JsonMap } from '../../lib/json.ts';
import { fileArgs, options, valueText } from './args.ts';
import { optionsOf, removeOption, sameValue, setOption, type IniFile } from './ini-file.ts';
import { inSection, planIni, readIni } from './plan.ts';

const args = v.strictObject({
  ...fileArgs,
  sections: options,
  strict: v.optional(v.boolean(), false),
  no_spaces: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof args>;

export default defineState({
  summary: 'Options of an ini file have these values.',
  example: `
/etc/systemd/journald.conf:
  ini.options_present:
    - sections:
        Journal:
          Storage: persistent
          SystemMaxUse: 200M
    - no_spaces: True
`,
  args,
  reads: ['files'],
  check: ({ encoding }) => encodingComplaint(encoding),
  read: readIni,
  plan: (given, facts) =>
    planIni(given, facts, (ini, said) => {
      const changes: JsonMap = {};
      for (const [section, wanted] of bySection(given)) {
        const differing = setOptions(given, ini, section, wanted, said);
        if (section === '') Object.assign(changes, differing);
        else if (Object.keys(differing).length > 0) changes[section] = differing;
      }
      return changes;
    }),
});

/** The options wanted of each section; an empty name for those of none. */
function bySection({ sections, strict }: Args): Map<string, Map<string, string>> {
  const wanted = new Map<string, Map<string, string>>();
  const top = new Map<string, string>();
  for (const [name, body] of Object.entries(sections)) {
    if (typeof body === 'object' && body !== null) {
      wanted.set(name, new Map(Object.entries(body).map(([key, value]) => [key, valueText(value)])));
    } else top.set(name, valueText(body));
  }
  // What is in no section is spared where nothing is said of it, but for strict.
  return top.size > 0 || strict ? new Map([['', top], ...wanted]) : wanted;
}

function setOptions(
  { strict, no_spaces }: Args,
  ini: IniFile,
  section: string,
  wanted: ReadonlyMap<string, string>,
  said: string[],
): JsonMap {
  const changes: JsonMap = {};
  const had = optionsOf(ini, section);
  for (const [key, before] of strict ? had : []) {
    if (wanted.has(key)) continue;
    removeOption(ini, section, key);
    changes[key] = { before, after: null };
    said.push(`${section === '' ? 'Removed' : 'Deleted'} key ${key}${inSection(section)}`);
  }
  for (const [key, value] of wanted) {
    const before = had.get(key);
    if (sameValue(before, value)) {
      said.push(`Unchanged key ${key}${inSection(section)}`);
      continue;
    }
    setOption(ini, section, key, value, no_spaces);
    changes[key] = { before: before ?? null, after: value };
    said.push(`Changed key ${key}${inSection(section)}`);
  }
  return changes;
}
