import type { FileView, Reading } from '../contracts/machine.ts';
import { textOf } from '../text.ts';

export const localeName = /^[A-Za-z]+(_[A-Za-z]+)?(\.[A-Za-z0-9_-]+)?(@[A-Za-z0-9]+)?$/;

/** Names of locales in one form: `de_DE.UTF-8` and `de_DE.utf8` are the same. */
export function sameLocale(one: string, other: string): boolean {
  return normal(one) === normal(other);
}

function normal(name: string): string {
  const [, language = name, codeset = '', modifier = ''] = /^([^.@]+)(?:\.([^@]+))?(@.+)?$/.exec(name) ?? [];
  return `${language}.${codeset.toLowerCase().replaceAll('-', '')}${modifier}`;
}

/** The locales that programs can use, as locale(1) lists them. */
export async function installedLocales({ processes }: Pick<Reading, 'processes'>): Promise<string[]> {
  const { stdout } = await processes.run({ argv: ['locale', '-a'], env: { LC_ALL: 'C' } });
  return stdout.split('\n').filter(Boolean);
}

/** Lines of a file; none where it is not there. */
export function linesOf(files: FileView, path: string): string[] {
  const lines = files.follow(path)?.kind === 'file' ? textOf(files.read(path), path).split('\n') : [];
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Where the locale of the system stands: Debian's place, or systemd's. */
export function localeFile(files: FileView): string {
  const debian = files.follow('/etc/debian_version') ?? files.follow('/etc/default/locale');
  return debian ? '/etc/default/locale' : '/etc/locale.conf';
}

/** The `LANG` of locale.conf(5); empty when nobody has set it. */
export function systemLocale(files: FileView): string {
  const found = linesOf(files, localeFile(files)).findLast((line) => line.startsWith('LANG='));
  return found === undefined ? '' : found.slice('LANG='.length).replace(/^"(.*)"$/, '$1');
}
