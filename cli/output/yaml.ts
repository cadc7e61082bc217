import { isMap } from '../../lib/json.ts';
import { resolvePlain } from '../../lib/yaml/scalar.ts';
import { safeJson } from './text.ts';

/** A value as YAML in block style, which reads back as the same value. */
export function toYaml(value: unknown, indent = 0): string {
  const lead = ' '.repeat(indent);
  if (!isBlock(value)) return `${lead}${scalar(value)}\n`;
  if (Array.isArray(value)) {
    return value
      .map((item) =>
        isBlock(item) ? `${lead}- ${toYaml(item, indent + 2).trimStart()}` : `${lead}- ${scalar(item)}\n`,
      )
      .join('');
  }
  return Object.entries(value as object)
    .map(([key, inner]) => {
      if (!isBlock(inner)) return `${lead}${scalar(key)}: ${scalar(inner)}\n`;
      return `${lead}${scalar(key)}:\n${toYaml(inner, Array.isArray(inner) ? indent : indent + 2)}`;
    })
    .join('');
}

function isBlock(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return safeJson(value);
  // oxlint-disable-next-line no-control-regex
  const unquoted = /^[A-Za-z0-9_./][^\n:#"'\\\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]*$/;
  const isPlain = unquoted.test(value) && value.trimEnd() === value;
  return isPlain && resolvePlain(value) === value ? value : safeJson(value);
}
