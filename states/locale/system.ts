import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import {
  installedLocales,
  linesOf,
  localeFile,
  localeName,
  sameLocale,
  systemLocale,
} from '../../lib/system/locales.ts';

const args = v.strictObject({ name: v.pipe(v.string(), v.regex(localeName, 'a locale, such as de_DE.UTF-8')) });

interface Facts {
  readonly path: string;
  readonly lines: readonly string[];
  readonly now: string;
  /** Programs can use it, or it is about to be made. */
  readonly present: boolean;
}

export default defineState<typeof args, Facts>({
  summary: 'Programs of the system speak this language, from the next start or login on.',
  example: `
C.UTF-8:
  locale.system
`,
  args,
  reads: ['files'],

  async read({ name }, machine) {
    const { files } = machine;
    const path = localeFile(files);
    const now = systemLocale(files);
    const facts = { path, lines: linesOf(files, path), now };
    if (now === name) return { ...facts, present: true };
    const listed = linesOf(files, '/etc/locale.gen').map((line) => line.split(' ')[0] ?? '');
    const names = [...listed, ...(await installedLocales(machine))];
    return { ...facts, present: names.some((other) => sameLocale(other, name)) };
  },

  plan({ name }, { path, lines, now, present }) {
    if (now === name) return alreadyRight(`System locale ${name} already set`);
    if (!present) return impossible(`Failed to set system locale to ${name}: there is none; locale.present makes it`);
    const line = `LANG=${name}`;
    const others = lines.filter((other) => !other.startsWith('LANG='));
    const at = lines.findIndex((other) => other.startsWith('LANG='));
    const next = at === -1 ? [...lines, line] : others.toSpliced(at, 0, line);
    return {
      changes: { locale: name },
      comment: `System locale ${name} needs to be set`,
      done: `Set system locale ${name}`,
      steps: [{ do: 'write', path, content: Buffer.from(next.map((one) => `${one}\n`).join('')) }],
    };
  },
});
