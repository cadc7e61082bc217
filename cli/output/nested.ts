import { isMap } from '../../lib/json.ts';
import { plain, type Colours, type Paint } from './colour.ts';
import { linesOf, printable } from './text.ts';

/** Salt's `nested` form: sorted keys with a colon, what they hold four columns further in. */
export function nested(value: unknown, indent = 0, colours = plain): string {
  return lines(value, indent, '', colours)
    .map((line) => `${line}\n`)
    .join('');
}

/** `prefix` stands before a list's item that is no map or list. */
function lines(value: unknown, indent: number, prefix: string, colours: Colours): string[] {
  const lead = ' '.repeat(indent);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (!isMap(item) && !Array.isArray(item)) return lines(item, indent, '- ', colours);
      return [lead + colours.good('|_'), ...lines(item, indent + 2, '', colours)];
    });
  }
  if (isMap(value)) {
    const entries = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, inner]) => [
        `${lead}${colours.changed(printable(key))}:`,
        ...lines(inner, indent + 4, '', colours),
      ]);
    return [lead + colours.changed('----------'), ...entries];
  }
  const { texts, paint } = scalar(value, colours);
  return texts.map((text, index) => lead + paint((index === 0 ? prefix : ' '.repeat(prefix.length)) + printable(text)));
}

function scalar(value: unknown, { good, maybe }: Colours): { readonly texts: string[]; readonly paint: Paint } {
  if (value === null || value === undefined) return { texts: ['None'], paint: maybe };
  if (value === true) return { texts: ['True'], paint: maybe };
  if (value === false) return { texts: ['False'], paint: maybe };
  if (typeof value === 'string') return { texts: linesOf(value), paint: good };
  return { texts: [String(value as number)], paint: maybe };
}
