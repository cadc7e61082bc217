import * as v from 'valibot';

/* Texts of unit files, as systemd.syntax(7) has them. */

const oneLine = v.pipe(v.string(), v.regex(/^[^\r\n\0]*$/, 'one line'));
const setting = v.union([oneLine, v.number(), v.boolean()], 'text, a number or true or false');

/** `{Service: {ExecStart: /bin/x, Environment: [A=1, B=2]}}`: a list is a key that stands there several times. */
export const sections = v.record(
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/, 'the name of a section')),
  v.record(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]+$/, 'the name of a setting')),
    v.union([setting, v.array(setting)], 'a value or a list of values'),
  ),
);

export type Sections = v.InferOutput<typeof sections>;

export function textOfSections(given: Sections): string {
  return Object.entries(given)
    .map(([section, settings]) => {
      const lines = Object.entries(settings).flatMap(([key, values]) =>
        [values].flat().map((value) => `${key}=${String(value)}\n`),
      );
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

/** What is wrong with the form of a unit file's text; undefined for nothing. What its settings mean is systemd's to judge. */
export function whatIsMisshapen(text: string): string | undefined {
  let inSection = false;
  let isContinued = false;
  for (const [index, line] of text.split('\n').entries()) {
    // Comments may stand between the lines of one setting.
    if (/^\s*[#;]/.test(line)) continue;
    const wasContinued: boolean = isContinued;
    isContinued = line.endsWith('\\');
    if (wasContinued || line.trim() === '') continue;
    if (/^\[[^[\]]+\]\s*$/.test(line)) inSection = true;
    else if (!/^\s*[A-Za-z0-9-]+\s*=/.test(line))
      return `line ${index + 1} is neither [Section] nor Key=value: ${line}`;
    else if (!inSection) return `line ${index + 1} stands before any [Section]: ${line}`;
  }
  return inSection ? undefined : 'it has no [Section]';
}

/**
 * The words of a command as `ExecStart=` takes them (systemd.service(5), "Command lines"), so that none of them is
 * anything but itself.
 */
export function execLine(words: readonly string[]): string {
  return words
    .map((word) => {
      const escaped = word
        .replaceAll('\\', '\\\\')
        .replaceAll('"', '\\"')
        .replaceAll('\n', '\\n')
        .replaceAll('%', '%%')
        .replaceAll('$', '$$$$');
      return /^[A-Za-z0-9_./:=@,+%-]+$/.test(escaped) ? escaped : `"${escaped}"`;
    })
    .join(' ');
}

export { oneLine };
