import { Scalar, stringify } from 'yaml';
import { messageOf } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { readIni, writeIni } from './ini-format.ts';
import { readKeyValues, writeKeyValues } from './keyvalue-format.ts';

export type Options = Readonly<Record<string, unknown>>;

/** A way to write data down. What it writes ends without a line end. */
export interface Format {
  /** Raises for data that can't be written so. */
  write(data: Json, options: Options): string | Promise<string>;
  /** Raises for what is not of this form. */
  read(text: string, options: Options): Json | Promise<Json>;
  /** The options there are for writing and reading. */
  readonly options: readonly string[];
}

/** The formats by Salt's names for their serializers. */
export const formats: Readonly<Record<string, Format>> = {
  json: {
    options: ['indent', 'sort_keys', 'ensure_ascii'],
    write(data, { indent = 2, sort_keys: sorted = true, ensure_ascii: ascii = false }) {
      const text = JSON.stringify(
        sorted === false ? data : sortKeys(data),
        null,
        indent === null ? undefined : Number(indent),
      );
      return ascii === true ? text.replace(/[\u0080-\uffff]/g, escaped) : text;
    },
    read: (text) => JSON.parse(text) as Json,
  },
  yaml: {
    options: ['default_flow_style', 'sort_keys', 'indent', 'width', 'explicit_start', 'allow_unicode'],
    write: writeYaml,
    read(text) {
      const { data, errors } = loadYaml(text, 'the file');
      if (errors[0]) throw errors[0];
      return plain(data);
    },
  },
  configparser: { options: [], write: writeIni, read: readIni },
  ini: { options: [], write: writeIni, read: readIni },
  keyvalue: { options: ['separator', 'line_ending', 'quoting'], write: writeKeyValues, read: readKeyValues },
  toml: {
    options: [],
    async write(data) {
      if (!isMap(data)) throw new TypeError('TOML is written of a map');
      const { stringify: write } = await import('smol-toml');
      return write(withoutNulls(data)).replace(/\n$/, '');
    },
    async read(text) {
      const { parse } = await import('smol-toml');
      return plain(parse(text));
    },
  },
};

/** Data in a format, or a sentence why not. */
export async function inFormat<T>(work: () => T | Promise<T>): Promise<{ readonly value: T } | string> {
  try {
    return { value: await work() };
  } catch (error) {
    return messageOf(error);
  }
}

/** Laid out as PyYAML does it, which is what Salt's users have in their files. */
function writeYaml(data: Json, options: Options): string {
  const { indent = 2, width = 80, sort_keys: sorted = true, default_flow_style: flow = false } = options;
  const text = stringify(sorted === false ? data : sortKeys(data), {
    version: '1.1',
    singleQuote: true,
    indentSeq: false,
    aliasDuplicateObjects: false,
    directives: null,
    collectionStyle: flow === true ? 'flow' : 'any',
    defaultStringType: Scalar.PLAIN,
    indent: Number(indent),
    lineWidth: Number(width),
  });
  return (options['explicit_start'] === true ? '---\n' : '') + text.replace(/\n$/, '');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function sortKeys(data: Json): Json {
  if (Array.isArray(data)) return data.map(sortKeys);
  if (!isMap(data)) return data;
  const names = Object.keys(data).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, sortKeys((data as JsonMap)[name] ?? null)]));
}

/** TOML has no word for nothing. */
function withoutNulls(data: JsonMap): JsonMap {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, isMap(value) ? withoutNulls(value as JsonMap) : value]),
  );
}

function plain(data: unknown): Json {
  return JSON.parse(
    JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ) as Json;
}
