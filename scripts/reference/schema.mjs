import { code, table } from './markdown.mjs';

const plain = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
  unknown: 'anything',
  any: 'anything',
};

/** What a valibot schema takes, in words. What a pipe makes of its input is nobody's business but its own. */
function words(schema) {
  const [own, ...steps] = schema.pipe ?? [schema];
  // A message that is not valibot's own says more than the kind does.
  const said = [...steps, own]
    .map(({ message }) => message)
    .find((message) => typeof message === 'string')
    ?.replace(/ is expected/, '');
  if (said !== undefined) return said;
  const kind = steps.find(({ type }) => type === 'picklist') ?? own;
  switch (kind.type) {
    case 'optional':
    case 'nullable':
    case 'nullish':
      return words(kind.wrapped);
    case 'literal':
      return code(JSON.stringify(kind.literal));
    case 'picklist':
      return kind.options.map((option) => code(option)).join(', ');
    case 'union':
      return [...new Set(kind.options.map(words))].join(' or ');
    case 'array':
      return `a list, each ${words(kind.item)}`;
    case 'record':
      return kind.value.type === 'unknown' ? 'a map' : `a map, each value ${words(kind.value)}`;
    case 'number': {
      const limits = steps.flatMap(({ type, requirement }) =>
        type === 'min_value' ? [`from ${requirement}`] : type === 'max_value' ? [`to ${requirement}`] : [],
      );
      const whole = steps.some(({ type }) => type === 'integer') ? 'a whole number' : 'a number';
      return [whole, ...limits].join(' ');
    }
    default:
      return plain[kind.type] ?? kind.type;
  }
}

const isOptional = (schema) => schema.type === 'optional' || schema.pipe?.[0]?.type === 'optional';

function fallback(schema) {
  if (!isOptional(schema)) return 'has to be given';
  const value = (schema.pipe?.[0] ?? schema).default;
  return value === undefined ? '' : code(JSON.stringify(value));
}

/** The arguments of a schema, as a table. `ownDefault` says what stands for an argument that may be left out all the same. */
export function argumentTable({ entries }, ownDefault = {}) {
  const rows = Object.entries(entries).map(([name, schema]) => [
    code(name),
    words(schema),
    ownDefault[name] ?? fallback(schema),
  ]);
  return rows.length === 0 ? 'It takes no arguments.' : table(['argument', 'is', 'default'], rows);
}
