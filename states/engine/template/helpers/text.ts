import { characters, longest, flag, number, refuse, text, whole, type Helpers } from './definition.ts';

const one = { takes: 'a text', args: [1, 1] } as const;

function capital(word: string): string {
  const [first = '', ...rest] = characters(word);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** A text without blanks, or the characters that are given, at its ends. */
function trimmed(of: string, given: unknown, start: boolean, end: boolean): string {
  if (given === undefined) return start ? (end ? of.trim() : of.trimStart()) : of.trimEnd();
  const cut = new Set(text(given));
  const all = characters(of);
  let [from, to] = [0, all.length];
  while (start && from < to && cut.has(all[from] ?? '')) from++;
  while (end && to > from && cut.has(all[to - 1] ?? '')) to--;
  return all.slice(from, to).join('');
}

function repeated(of: string, times: number): string {
  return of.length * times > longest ? refuse(`what makes at most ${longest} characters`) : of.repeat(times);
}

const trims = { takes: 'a text and the characters to cut off', args: [1, 2] } as const;

/** `%5.2f`, `{}`, `{1}`. */
const directive = /%(%|([-0+]*)(\d{0,4})(?:\.(\d{1,2}))?([sdixXof]))|\{(\d*)\}/g;

function formatted(pattern: string, values: readonly unknown[]): string {
  const isPercent = /%[-0+]*\d*(?:\.\d+)?[sdixXof]/.test(pattern);
  let next = 0;
  const value = (at: number): unknown =>
    at < values.length ? values[at] : refuse(`as many values as '${pattern}' has places`);
  return pattern.replace(
    directive,
    (found: string, kind?: string, flags?: string, width?: string, digits?: string, type?: string, place?: string) => {
      if (kind === undefined) return isPercent ? found : text(value(place === '' ? next++ : Number(place)));
      if (!isPercent) return found;
      if (kind === '%') return '%';
      const written = directed(type ?? 's', value(next++), digits);
      const signed = flags?.includes('+') && /^[^-]/.test(written) && type !== 's' ? `+${written}` : written;
      const wide = Number(width);
      if (flags?.includes('-')) return signed.padEnd(wide);
      if (!flags?.includes('0') || type === 's') return signed.padStart(wide);
      const [, sign = '', rest = ''] = /^([-+]?)(.*)$/s.exec(signed) ?? [];
      return sign + rest.padStart(wide - sign.length, '0');
    },
  );
}

function directed(type: string, value: unknown, digits: string | undefined): string {
  if (type === 's') return text(value).slice(0, digits === undefined ? undefined : Number(digits));
  if (type === 'f') return number(value).toFixed(digits === undefined ? 6 : Number(digits));
  const plain = Math.trunc(number(value)).toString(type === 'o' ? 8 : type === 'x' || type === 'X' ? 16 : 10);
  return type === 'X' ? plain.toUpperCase() : plain;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

export const texts = (): Helpers => ({
  string: {
    summary: 'A number, boolean or text as text.',
    takes: 'one value that is no map or list',
    args: [1, 1],
    jinja: 'x | string',
    example: '{{is_string (string 80)}}',
    gives: 'true',
    call: ([value]) => text(value),
  },
  to_bool: {
    summary: 'Whether it says yes: true, 1 and above, and `yes`, `true`, `on` and `1` in any case.',
    takes: 'one value that is no map or list',
    args: [1, 1],
    jinja: 'x | to_bool',
    example: '{{to_bool "Yes"}}',
    gives: 'true',
    call: ([value]) => (typeof value === 'number' ? value > 0 : /^(?:yes|true|on|1)$/i.test(text(value))),
  },
  lower: {
    summary: 'In small letters.',
    ...one,
    jinja: 'x | lower',
    example: '{{lower grains.os}}',
    gives: 'debian',
    call: ([of]) => text(of).toLowerCase(),
  },
  upper: {
    summary: 'In capitals.',
    ...one,
    jinja: 'x | upper',
    example: '{{upper grains.os}}',
    gives: 'DEBIAN',
    call: ([of]) => text(of).toUpperCase(),
  },
  capitalize: {
    summary: 'With a capital at its start, the rest in small letters.',
    ...one,
    jinja: 'x | capitalize',
    example: '{{capitalize "web SERVER"}}',
    gives: 'Web server',
    call: ([of]) => capital(text(of)),
  },
  title: {
    summary: 'With a capital at the start of each word, the rest in small letters.',
    ...one,
    jinja: 'x | title',
    example: '{{title "web-server one"}}',
    gives: 'Web-Server One',
    call: ([of]) => text(of).replace(/[^\s\-([{<]+/g, capital),
  },
  trim: {
    summary: 'Without blanks, or the characters given, at both ends.',
    ...trims,
    jinja: "x | trim, x.strip('/')",
    example: '{{trim "/srv/www/" "/"}}',
    gives: 'srv/www',
    call: ([of, cut]) => trimmed(text(of), cut, true, true),
  },
  lstrip: {
    summary: 'Without blanks, or the characters given, at its start.',
    ...trims,
    jinja: "x.lstrip('/')",
    example: '{{lstrip "/srv/" "/"}}',
    gives: 'srv/',
    call: ([of, cut]) => trimmed(text(of), cut, true, false),
  },
  rstrip: {
    summary: 'Without blanks, or the characters given, at its end.',
    ...trims,
    jinja: "x.rstrip('/')",
    example: '{{rstrip "/srv/" "/"}}',
    gives: '/srv',
    call: ([of, cut]) => trimmed(text(of), cut, false, true),
  },
  replace: {
    summary: 'With every part that is like the second text replaced by the third, or the first `count` of them.',
    takes: 'a text, a part of it and a replacement',
    args: [3, 3],
    named: ['count'],
    jinja: "x | replace('a', 'b')",
    example: '{{replace "a-b-c" "-" "+"}}',
    gives: 'a+b+c',
    call: ([of, part, by], { count }) => {
      const [whole_, old, fresh] = [text(of), text(part), text(by)];
      if (old === '') return whole_;
      if (count === undefined) return whole_.replaceAll(old, () => fresh);
      const parts = whole_.split(old);
      const most = whole(count, 0);
      return parts.reduce((made, next, at) => made + (at <= most ? fresh : old) + next);
    },
  },
  split: {
    summary: 'A list of what stands between blanks, or between the text given.',
    takes: 'a text and what stands between its parts',
    args: [1, 2],
    jinja: "x.split(',')",
    example: '{{json (split "a,b" ",")}}',
    gives: '["a","b"]',
    call: ([of, between]) => {
      if (between !== undefined) return text(of).split(text(between));
      const parts = text(of).trim();
      return parts === '' ? [] : parts.split(/\s+/);
    },
  },
  splitlines: {
    summary: 'A list of its lines.',
    ...one,
    jinja: 'x.splitlines()',
    example: '{{json (splitlines (import_text "motd.txt"))}}',
    gives: '["Welcome,","be kind."]',
    call: ([of]) => {
      const lines = text(of).split(/\r?\n/);
      return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    },
  },
  unescape: {
    summary:
      'With `\\n`, `\\t`, `\\r` and `\\\\` read as the characters they stand for: in a quoted text they are two characters each.',
    ...one,
    jinja: "'a\\n'",
    example: '{{length (split (unescape "a\\nb") (unescape "\\n"))}}',
    gives: '2',
    call: ([of]) => text(of).replace(/\\([ntr\\])/g, (_, name: string) => escapes[name] ?? ''),
  },
  startswith: {
    summary: 'Whether it starts so.',
    takes: 'a text and its start',
    args: [2, 2],
    jinja: "x.startswith('web')",
    example: '{{startswith id "web"}}',
    gives: 'true',
    call: ([of, start]) => text(of).startsWith(text(start)),
  },
  endswith: {
    summary: 'Whether it ends so.',
    takes: 'a text and its end',
    args: [2, 2],
    jinja: "x.endswith('.conf')",
    example: '{{endswith "a.conf" ".conf"}}',
    gives: 'true',
    call: ([of, end]) => text(of).endsWith(text(end)),
  },
  indent: {
    summary: 'With blanks (4) before each line that has something in it; before the first one only with `first=true`.',
    takes: 'a text and how many blanks (0 to 200)',
    args: [1, 2],
    named: ['first', 'blank'],
    jinja: 'x | indent(4, first=True)',
    example: '{{indent (import_text "motd.txt") 2 first=true}}',
    gives: '  Welcome,\n  be kind.\n',
    call: ([of, blanks = 4], { first, blank }) => {
      const lead = ' '.repeat(whole(blanks, 0) > 200 ? refuse() : whole(blanks));
      const lines = text(of).replace(flag(blank) ? /\n/g : /\n(?=[^\n])/g, `\n${lead}`);
      return flag(first) ? lead + lines : lines;
    },
  },
  wordwrap: {
    summary: 'Broken into lines of so many characters (79) at blanks; longer words stay whole.',
    takes: 'a text and a width (a whole number from 1)',
    args: [1, 2],
    jinja: 'x | wordwrap(79)',
    example: '{{json (wordwrap "one two three" 7)}}',
    gives: '"one two\\nthree"',
    call: ([of, width = 79]) => {
      const most = whole(width, 1);
      const wrap = (line: string): string => {
        const lines: string[] = [];
        for (const word of line.split(' ')) {
          const last = lines.at(-1);
          if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`;
          else lines.push(word);
        }
        return lines.join('\n');
      };
      return text(of).split('\n').map(wrap).join('\n');
    },
  },
  truncate: {
    summary: 'Cut to so many characters (255), the `end` (...) among them.',
    takes: 'a text and a whole number',
    args: [1, 2],
    named: ['end'],
    jinja: 'x | truncate(20)',
    example: '{{truncate "a long sentence" 9}}',
    gives: 'a long...',
    call: ([of, length = 255], { end = '...' }) => {
      const [all, most, mark] = [characters(text(of)), whole(length, 0), text(end)];
      return all.length <= most ? all.join('') : all.slice(0, Math.max(0, most - mark.length)).join('') + mark;
    },
  },
  pad: {
    summary:
      'Filled up to a width with blanks or the text `fill`: at its end, or with `side` at the `left` or on `both` sides.',
    takes: `a text and a width (0 to ${longest})`,
    args: [2, 2],
    named: ['side', 'fill'],
    jinja: 'x.ljust(8), x.rjust(8), x | center(8)',
    example: '[{{pad "web" 6}}] [{{pad 7 3 side="left" fill="0"}}]',
    gives: '[web   ] [007]',
    call: ([of, width], { side = 'right', fill = ' ' }) => {
      const [plain, wide, by] = [text(of), whole(width, 0), text(fill)];
      if (wide > longest) refuse();
      if (side === 'right') return plain.padEnd(wide, by);
      if (side === 'left') return plain.padStart(wide, by);
      if (side !== 'both') refuse("a side that is 'left', 'right' or 'both'");
      return plain.padStart(plain.length + Math.floor((wide - plain.length) / 2), by).padEnd(wide, by);
    },
  },
  repeat: {
    summary: 'A text so many times.',
    takes: 'a text and how often (a whole number from 0)',
    args: [2, 2],
    jinja: "'-' * 10",
    example: '{{repeat "-" 10}}',
    gives: '----------',
    call: ([of, times]) => repeated(text(of), whole(times, 0)),
  },
  format: {
    summary: "Values in the places of a text: Python's `%s`, `%d`, `%05d`, `%.2f`, `%x`, or else `{}` and `{0}`.",
    takes: 'a text and what goes into its places',
    args: [1, 100],
    jinja: "'%s:%d' | format(a, b), '{}:{}'.format(a, b)",
    example: '{{format "%s-%03d" id 7}} {{format "{1} {0}" "a" "b"}}',
    gives: 'web1-007 b a',
    call: ([pattern, ...values]) => formatted(text(pattern), values),
  },
  to_snake_case: {
    summary: 'camelCase as snake_case.',
    ...one,
    jinja: 'x | to_snake_case',
    example: '{{to_snake_case "maxOpenFiles"}}',
    gives: 'max_open_files',
    call: ([of]) =>
      text(of)
        .replace(/(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])/g, '_$&')
        .toLowerCase(),
  },
  to_camelcase: {
    summary: 'snake_case as camelCase.',
    ...one,
    jinja: 'x | to_camelcase',
    example: '{{to_camelcase "max_open_files"}}',
    gives: 'maxOpenFiles',
    call: ([of]) => text(of).replace(/(?<=.)_([a-z0-9])/gs, (_, letter: string) => letter.toUpperCase()),
  },
  shell_quote: {
    summary: 'Quoted for a shell: one word there, whatever is in it; `quote` is for YAML.',
    ...one,
    jinja: 'x | quote',
    example: '{{shell_quote "it\'s"}}',
    gives: `'it'"'"'s'`,
    call: ([of]) => {
      const word = text(of);
      return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
    },
  },
});
