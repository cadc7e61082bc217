import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { scalarText } from './args.ts';

/* Sections of keys and values, as Python's configparser writes and reads them. */

/** Raises TypeError for what is no map of maps of scalars. Ends without the last of its two line ends. */
export function writeIni(data: Json): string {
  if (!isMap(data)) throw new TypeError('configparser can only serialize maps of sections');
  return Object.entries(data as JsonMap)
    .map(([section, keys]) => {
      if (!isMap(keys)) throw new TypeError(`section ${section} is not a map of keys and values`);
      return `[${section}]\n${Object.entries(keys as JsonMap)
        .map(lineOf)
        .join('')}\n`;
    })
    .join('');
}

function lineOf([key, value]: [string, Json]): string {
  if (value !== null && typeof value === 'object') throw new TypeError(`the value of ${key} is not a text or a number`);
  // A line that begins with blanks goes on with a value.
  return `${key.toLowerCase()} = ${value === null ? '' : scalarText(value).replaceAll('\n', '\n\t')}\n`;
}

/** Raises SyntaxError for a line that belongs nowhere. */
export function readIni(text: string): JsonMap {
  const data: JsonMap = {};
  let section: JsonMap | undefined;
  let key: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;]|$)/.test(line)) continue;
    const heading = /^\[(.+)\]/.exec(line)?.[1];
    if (heading !== undefined) {
      data[heading] = section = {};
      key = undefined;
    } else if (/^\s/.test(line) && section && key !== undefined) {
      section[key] = `${asText(section[key])}\n${line.trim()}`;
    } else {
      const [, name, value = ''] = /^([^=:]+?)\s*(?:[=:]\s*(.*?)\s*)?$/.exec(line) ?? [];
      if (!section || name === undefined) throw new SyntaxError(`the line ${JSON.stringify(line)} is in no section`);
      key = name.toLowerCase();
      section[key] = value;
    }
  }
  return data;
}
