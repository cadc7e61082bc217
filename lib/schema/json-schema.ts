import type * as v from 'valibot';
import { isMap, type Json, type JsonMap } from '../json.ts';
import { alternativesOf, defaultOf, isOptional, nodeOf, saidOf, stepsOf, type SchemaNode } from './node.ts';

/**
 * The JSON Schema (draft-07) of what a valibot schema takes. What it makes of that has none: where JSON Schema can't say
 * something, the outcome takes more than the schema does, never less. `errorMessage` is what editors show.
 */
export function jsonSchemaOf(schema: v.GenericSchema): JsonMap {
  return convert(nodeOf(schema));
}

function convert(node: SchemaNode): JsonMap {
  const [own, ...steps] = stepsOf(node);
  const result = own === node ? takes(own) : convert(own);
  for (const step of makesAnother(own) ? [] : steps) {
    if (isOther(step)) break;
    if (step.kind === 'schema') Object.assign(result, takes(step));
    else Object.assign(result, limit(step, result));
  }
  const said = saidOf(node);
  return said === undefined ? result : withMessage(result, `has to be ${said}`);
}

/** Whether what follows is about another value. Text of a number is not: a pattern of JSON Schema holds for text only. */
function isOther({ kind, operation }: SchemaNode): boolean {
  return kind === 'transformation' && operation !== String;
}

function makesAnother(node: SchemaNode): boolean {
  const [own, ...steps] = stepsOf(node);
  const inner = own !== node ? [own] : own.type === 'union' ? alternativesOf(own) : own.wrapped ? [own.wrapped] : [];
  return inner.some(makesAnother) || steps.some(isOther);
}

function takes(node: SchemaNode): JsonMap {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { type: node.type };
    case 'literal':
      return { const: node.literal as Json };
    case 'picklist':
      return { enum: [...(node.options as Json[])] };
    case 'optional': {
      const otherwise = defaultOf(node);
      return { ...inside(node.wrapped), ...(otherwise !== undefined && { default: otherwise as Json }) };
    }
    case 'nullable':
    case 'nullish':
      return anyOf([inside(node.wrapped), { type: 'null' }]);
    case 'union':
      return anyOf(alternativesOf(node).map(convert));
    case 'array':
      return { type: 'array', items: inside(node.item) };
    case 'record':
      return { type: 'object', additionalProperties: inside(node.value) };
    case 'object':
    case 'loose_object':
    case 'strict_object': {
      const entries = Object.entries(node.entries ?? {});
      return {
        type: 'object',
        properties: Object.fromEntries(entries.map(([name, inner]) => [name, convert(inner)])),
        required: entries.filter(([, inner]) => !isOptional(inner)).map(([name]) => name),
        ...(node.type === 'strict_object' && { additionalProperties: false }),
      };
    }
    default:
      return {};
  }
}

function inside(node: SchemaNode | undefined): JsonMap {
  return node ? convert(node) : {};
}

/** What a step of a pipe adds. */
function limit({ type, requirement }: SchemaNode, of: JsonMap): JsonMap {
  const size = of.type === 'array' ? 'Items' : 'Length';
  switch (type) {
    case 'integer':
      return { type: 'integer' };
    case 'min_value':
      return { minimum: requirement as Json };
    case 'max_value':
      return { maximum: requirement as Json };
    case 'non_empty':
      return { [`min${size}`]: 1 };
    case 'min_length':
      return { [`min${size}`]: requirement as Json };
    case 'max_length':
      return { [`max${size}`]: requirement as Json };
    case 'regex':
      // What a template will print there, in quotes, is not known yet.
      return requirement instanceof RegExp && requirement.flags === ''
        ? { pattern: `(?:${requirement.source})|\\{\\{` }
        : {};
    default:
      return {};
  }
}

/** One of several, as short as it can be said: messages on a list of kinds are clearer than on alternatives. */
function anyOf(alternatives: readonly JsonMap[]): JsonMap {
  const all = alternatives.flatMap((one) => (Object.keys(one).join() === 'anyOf' ? (one.anyOf as JsonMap[]) : [one]));
  const kinds = all
    .filter((one) => Object.keys(one).join() === 'type')
    .flatMap(({ type }) => type as string | string[]);
  const values = all.flatMap((one) =>
    Object.keys(one).join() === 'const' ? [one.const] : Object.keys(one).join() === 'enum' ? (one.enum as Json[]) : [],
  );
  const others = all.filter((one) => !['type', 'const', 'enum'].includes(Object.keys(one).join()));
  const [kind, ...more] = [...new Set(kinds)];
  const parts = [
    ...(kind === undefined ? [] : [{ type: more.length > 0 ? [kind, ...more] : kind }]),
    ...(values.length > 0 ? [{ enum: values as Json[] }] : []),
    ...others,
  ];
  return parts.length === 1 ? { ...parts[0] } : { anyOf: parts };
}

function withMessage(schema: JsonMap, errorMessage: string): JsonMap {
  const { anyOf: all } = schema;
  // Editors show the messages of the alternative that came nearest.
  const alternatives = Array.isArray(all) && {
    anyOf: all.map((one) => (isMap(one) ? withMessage(one as JsonMap, errorMessage) : one)),
  };
  return { ...schema, ...alternatives, errorMessage };
}
