/*
 * What a plain scalar means to Salt's YAML loader: PyYAML's YAML 1.1 resolvers, with Salt's own reading of integers that
 * start with 0 (decimal: `0644` is 644, a file mode as people write it) and dates left as text.
 */

export type Scalar = null | boolean | number | string;

const words = new Map<string, Scalar>([
  ['', null],
  ['~', null],
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

const integer =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const float =
  /^(?:[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** The value of a scalar written without quotes and tag. */
export function resolvePlain(text: string): Scalar {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  // Numbers start with a digit, a sign or a dot: the rest, nearly everything, is text.
  if ((first < 48 || first > 57) && first !== 43 && first !== 45 && first !== 46) return text;
  if (integer.test(text)) return readInteger(text) ?? text;
  if (float.test(text)) return readFloat(text) ?? text;
  return text;
}

/** Undefined for what is no integer, or one that a double can't hold exactly: such a number stays text. */
export function readInteger(written: string): number | undefined {
  const salted = /^0(?!b|x|$)/.test(written) ? written.replace(/^0+/, '') || '0' : written;
  const text = salted.replaceAll('_', '');
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  const value = sign * magnitude(digits);
  return Number.isSafeInteger(value) ? (value === 0 ? 0 : value) : undefined;
}

function magnitude(digits: string): number {
  if (/^0b[01]+$/.test(digits)) return Number.parseInt(digits.slice(2), 2);
  if (/^0x[0-9a-fA-F]+$/.test(digits)) return Number.parseInt(digits.slice(2), 16);
  // Only a number with a sign still has its zero here: octal, as in YAML 1.1.
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  if (digits.includes(':')) return sexagesimal(digits);
  return /^[0-9]+$/.test(digits) ? Number(digits) : Number.NaN;
}

export function readFloat(written: string): number | undefined {
  const text = written.replaceAll('_', '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  const value = digits.includes(':') ? sexagesimal(digits) : Number(digits);
  return Number.isNaN(value) ? undefined : sign * value;
}

function sexagesimal(digits: string): number {
  return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}
