import * as v from 'valibot';
import type { PackageGroup } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { readPresent, versionOf, withOffers, type PackagesFacts } from './facts.ts';
import { reportPackages } from './report.ts';

interface Facts extends PackagesFacts {
  readonly group?: PackageGroup | undefined;
}

const list = v.optional(v.array(v.string()), []);
const args = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[^-\s]/, 'the name of a group')),
  skip: list,
  include: list,
});

export default defineState<typeof args, Facts>({
  summary: 'A group of packages is installed (of dnf: apt has no groups).',
  example: `
Development Tools:
  pkg.group_installed:
    - skip: [subversion]
`,
  args,
  reads: ['packages'],

  async read({ name, include }, machine): Promise<Facts> {
    if (machine.packages.manager !== 'dnf') return readPresent(machine, []);
    const group = await machine.packages.group(name);
    const all = [...(group ? [...group.mandatory, ...group.default, ...group.optional] : []), ...include];
    const facts = await readPresent(machine, all);
    const missing = all.filter((one) => versionOf(one, facts) === '');
    return { ...(await withOffers(facts, machine, missing, { refresh: 'when missing' })), group };
  },

  plan({ name, skip, include }, facts): Plan {
    if (facts.manager !== 'dnf')
      return impossible(
        'pkg.group_installed is for dnf: apt has no groups. Name the packages, or a metapackage such as task-web-server',
      );
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    const { group } = facts;
    if (!group) return impossible(`No package source has the group '${name}'`);
    const kept = skip.filter((one) => group.mandatory.includes(one));
    if (kept.length > 0) return impossible(`The following mandatory packages cannot be skipped: ${kept.join(', ')}`);
    const isThere = (one: string): boolean => versionOf(one, facts) !== '';
    const wanted = [...group.mandatory, ...group.default.filter((one) => !skip.includes(one)), ...include];
    const targets = [...new Set(wanted)].filter((one) => !isThere(one));
    if (targets.length === 0) return alreadyRight(`Group '${name}' is already installed`);
    if (facts.unchangeable !== undefined)
      return impossible(`Can't install ${targets.join(', ')}: ${facts.unchangeable}`);
    const partly = [...group.mandatory, ...group.default, ...group.optional].some(isThere);
    return {
      changes: Object.fromEntries(
        targets.map((one) => [
          one,
          { old: '', new: facts.offers[one]?.candidate ?? 'whatever the updated lists offer' },
        ]),
      ),
      comment: partly
        ? `Group '${name}' is partially installed and will be updated`
        : `Group '${name}' will be installed`,
      done: `Group '${name}' was ${partly ? 'updated' : 'installed'}`,
      steps: [{ do: 'packages', install: targets.map((one) => ({ name: one })), remove: [] }],
      obscures: ['files', 'services', 'accounts'],
    };
  },

  report: reportPackages,
});
