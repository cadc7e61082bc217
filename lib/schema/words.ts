import { alternativesOf, saidOf, stepsOf, type SchemaNode } from './node.ts';

const plain: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
  unknown: 'anything',
  any: 'anything',
};

/**
 * What a schema takes, in words. What a pipe makes of its input is nobody's business but its own. `code` marks what is
 * written as it stands.
 */
export function words(node: SchemaNode, code: (text: string) => string): string {
  // A message that is not valibot's own says more than the kind does.
  const said = saidOf(node);
  if (said !== undefined) return said;
  const [own, ...steps] = stepsOf(node);
  const kind = steps.find(({ type }) => type === 'picklist') ?? own;
  const of = (inner: SchemaNode | undefined): string => (inner ? words(inner, code) : 'anything');
  switch (kind.type) {
    case 'optional':
    case 'nullable':
    case 'nullish':
      return of(kind.wrapped);
    case 'literal':
      return code(JSON.stringify(kind.literal));
    case 'picklist':
      return (kind.options ?? []).map((option) => code(String(option))).join(', ');
    case 'union':
      return [...new Set(alternativesOf(kind).map(of))].join(' or ');
    case 'array':
      return `a list, each ${of(kind.item)}`;
    case 'record':
      return kind.value?.type === 'unknown' ? 'a map' : `a map, each value ${of(kind.value)}`;
    case 'number': {
      const limits = steps.flatMap(({ type, requirement }) =>
        type === 'min_value'
          ? [`from ${String(requirement)}`]
          : type === 'max_value'
            ? [`to ${String(requirement)}`]
            : [],
      );
      const whole = steps.some(({ type }) => type === 'integer') ? 'a whole number' : 'a number';
      return [whole, ...limits].join(' ');
    }
    default:
      return plain[kind.type] ?? kind.type;
  }
}
