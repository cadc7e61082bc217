import type { JsonMap } from '../../lib/json.ts';
import { version } from '../../lib/version.ts';

/** A whole schema, in the draft that editors' YAML servers read. */
export function documentOf(title: string, schema: JsonMap): JsonMap {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: `${title} of tsalt ${version}`, ...schema };
}

/** A description, where there is something to describe. */
export function described(schema: JsonMap, ...sentences: readonly (string | undefined)[]): JsonMap {
  const description = sentences.filter((sentence) => sentence !== undefined && sentence !== '').join(' ');
  return description === '' ? schema : { ...schema, description };
}

/** What holds where something else does. */
export function when(condition: JsonMap, consequence: JsonMap): JsonMap {
  // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word, and never awaited
  return { if: condition, then: consequence };
}

/** A value as it is written, among words. */
export function quoted(text: string): string {
  if (/^(?:true|false|null|[\d[{].*)$/.test(text)) return text;
  return `'${text.replace(/^"(.*)"$/, '$1')}'`;
}
