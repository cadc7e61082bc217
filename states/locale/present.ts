import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { installedLocales, linesOf, localeName, sameLocale } from '../../lib/system/locales.ts';

const list = '/etc/locale.gen';

const args = v.strictObject({
  /** With its character set after a blank, or without. */
  name: v.pipe(
    v.string(),
    v.check((text) => {
      const [name = '', charmap = 'x', ...more] = text.split(' ');
      return localeName.test(name) && /^[A-Za-z0-9_-]+$/.test(charmap) && more.length === 0;
    }, 'a locale, such as de_DE.UTF-8'),
  ),
});

interface Facts {
  readonly problem?: string | undefined;
  readonly present: boolean;
  /** `de_DE.UTF-8 UTF-8`: as the list of those to be made has it. */
  readonly entry: string;
  readonly lines: readonly string[];
}

export default defineState<typeof args, Facts>({
  summary: 'A locale is there for programs to use.',
  example: `
de_CH.UTF-8:
  locale.present
`,
  args,
  reads: ['files'],

  async read(given, machine) {
    const { files } = machine;
    const [name = '', charmap] = given.name.split(' ');
    const lines = linesOf(files, list);
    const supported = linesOf(files, '/usr/share/i18n/SUPPORTED').find((line) => {
      const [other = '', set] = line.split(' ');
      return sameLocale(other, name) && (charmap === undefined || set === charmap);
    });
    const entry = supported ?? `${name} ${charmap ?? ''}`;
    const installed = await installedLocales(machine);
    const present = installed.some((other) => sameLocale(other, name));
    const problem =
      lacking(files, 'locale-gen', 'Making locales', 'locales') ??
      (supported === undefined
        ? `There is no locale ${given.name} to be made: /usr/share/i18n/SUPPORTED lists them`
        : undefined);
    return { problem, present, entry, lines };
  },

  plan({ name }, { problem, present, entry, lines }) {
    if (present) return alreadyRight(`Locale ${name} is already present`);
    if (problem !== undefined) return impossible(problem);
    const bare = (line: string): string => line.replace(/^#\s*/, '').trim();
    const at = lines.findIndex((line) => bare(line) === entry);
    const next = at === -1 ? [...lines, entry] : lines.with(at, entry);
    return {
      changes: { locale: name },
      comment: `Locale ${name} needs to be generated`,
      done: `Generated locale ${name}`,
      steps: [
        { do: 'write', path: list, content: Buffer.from(next.map((line) => `${line}\n`).join('')) },
        { do: 'run', command: { argv: ['locale-gen'] }, must: true },
      ],
    };
  },
});
