import { isMap, type JsonMap } from '../json.ts';

/** The TypeScript type of what a JSON Schema (`jsonSchemaOf`) takes; `anything` is the type of what it says nothing of. */
export function typeText(schema: JsonMap, anything: string): string {
  const inner = (of: unknown): string => (isMap(of) ? typeText(of as JsonMap, anything) : anything);
  const { type, const: literal, enum: options, anyOf, items, properties, required, additionalProperties } = schema;
  if (Array.isArray(anyOf)) return unionOf(anyOf.map(inner));
  if (literal !== undefined) return JSON.stringify(literal);
  if (Array.isArray(options)) return unionOf(options.map((option) => JSON.stringify(option)));
  if (Array.isArray(type)) return unionOf(type.map((one) => inner({ ...schema, type: one })));
  if (type === 'integer') return 'number';
  if (type === 'array') return `readonly ${bracketed(inner(items))}[]`;
  if (type !== 'object') return typeof type === 'string' ? type : anything;
  const needed = Array.isArray(required) ? required : [];
  const entries = Object.entries(isMap(properties) ? properties : {}).map(
    ([name, of]) => `readonly ${keyText(name)}${needed.includes(name) ? '' : '?'}: ${inner(of)}`,
  );
  // Named entries beside others of one kind: no index of TypeScript says that.
  const others = entries.length > 0 ? 'unknown' : inner(additionalProperties);
  const all = additionalProperties === false ? entries : [...entries, `readonly [name: string]: ${others}`];
  return `{ ${all.join('; ')} }`;
}

function unionOf(types: readonly string[]): string {
  return [...new Set(types)].map((type) => (type.startsWith('readonly ') ? `(${type})` : type)).join(' | ');
}

function bracketed(type: string): string {
  return /^\w+$/.test(type) ? type : `(${type})`;
}

/** A name as the key of a type. */
export function keyText(name: string): string {
  return /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name).replace(/^"([^'\\]*)"$/, "'$1'");
}
