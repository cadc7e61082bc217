import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { encodingComplaint } from '../../lib/encoding.ts';
import { fileArgs, sectionNames } from './args.ts';
import { hasSection, optionsOf, removeSection } from './ini-file.ts';
import { planIni, readIni } from './plan.ts';

const args = v.strictObject({ ...fileArgs, sections: sectionNames });

export default defineState({
  summary: 'An ini file has none of these sections.',
  example: `
/etc/app.ini:
  ini.sections_absent:
    - sections:
      - main
`,
  args,
  reads: ['files'],
  check: ({ encoding }) => encodingComplaint(encoding),
  read: readIni,
  plan: (given, facts) =>
    planIni(given, facts, (ini, said) => {
      const there = given.sections.filter((name) => name !== '' && hasSection(ini, name));
      const changes = Object.fromEntries(there.map((name) => [name, Object.fromEntries(optionsOf(ini, name))]));
      for (const name of there) {
        removeSection(ini, name);
        said.push(`Deleted section ${name}`);
      }
      return changes;
    }),
});
