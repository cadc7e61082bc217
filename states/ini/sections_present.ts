import * as v from 'valibot';
import { defineState } from '../../lib/contracts/state.ts';
import { encodingComplaint } from '../../lib/encoding.ts';
import { fileArgs, sectionNames } from './args.ts';
import { addSection, hasSection } from './ini-file.ts';
import { planIni, readIni } from './plan.ts';

const args = v.strictObject({ ...fileArgs, sections: sectionNames });

export default defineState({
  summary: 'An ini file has these sections.',
  example: `
/etc/app.ini:
  ini.sections_present:
    - sections:
      - main
`,
  args,
  reads: ['files'],
  check: ({ encoding }) => encodingComplaint(encoding),
  read: readIni,
  plan: (given, facts) =>
    planIni(given, facts, (ini, said) => {
      const missing = given.sections.filter((name) => name !== '' && !hasSection(ini, name));
      for (const name of missing) {
        addSection(ini, name);
        said.push(`Created new section ${name}`);
      }
      return Object.fromEntries(missing.map((name) => [name, { before: null, after: {} }]));
    }),
});
