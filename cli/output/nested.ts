import { isMap } from '../../lib/json.ts';

/** Salt's `nested` form: sorted keys with a colon, what they hold four columns further in. */
export function nested(value: unknown, indent = 0): string {
  return lines(value, indent)
    .map((line) => `${line}\n`)
    .join('');
}

function lines(value: unknown, indent: number): string[] {
  const lead = ' '.repeat(indent);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (!isMap(item) && !Array.isArray(item))
        return scalar(item).map((line, index) => `${lead}${index === 0 ? '- ' : '  '}${line}`);
      const inner = lines(item, indent + 2);
      return isMap(item) ? [`${lead}|_`, ...inner] : [`${lead}-`, ...inner];
    });
  }
  if (isMap(value)) {
    const entries = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, inner]) => [`${lead}${key}:`, ...lines(inner, indent + 4)]);
    return [`${lead}----------`, ...entries];
  }
  return scalar(value).map((line) => lead + line);
}

function scalar(value: unknown): string[] {
  if (value === null || value === undefined) return ['None'];
  if (value === true) return ['True'];
  if (value === false) return ['False'];
  return String(value as string | number)
    .replace(/\n$/, '')
    .split('\n');
}
