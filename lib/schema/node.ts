import type * as v from 'valibot';

/** A valibot schema, or a step of its pipe, as far as it tells what it takes. */
export interface SchemaNode {
  readonly kind: 'schema' | 'validation' | 'transformation' | 'metadata';
  readonly type: string;
  readonly message?: unknown;
  readonly pipe?: readonly SchemaNode[];
  readonly wrapped?: SchemaNode;
  readonly default?: unknown;
  readonly literal?: unknown;
  /** Of a union: schemas; of a picklist: the words. */
  readonly options?: readonly unknown[];
  readonly item?: SchemaNode;
  readonly value?: SchemaNode;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly requirement?: unknown;
  readonly operation?: unknown;
}

export function nodeOf(schema: v.GenericSchema): SchemaNode {
  // Valibot's own types tell each kind of schema apart; here all are looked at alike.
  return schema as unknown as SchemaNode;
}

/** What a schema takes first, and what is done with that. */
export function stepsOf(node: SchemaNode): readonly [SchemaNode, ...SchemaNode[]] {
  const [first = node, ...steps] = node.pipe ?? [];
  return [first, ...steps];
}

/** The words of a schema's author for what it expects, if there are any. */
export function saidOf(node: SchemaNode): string | undefined {
  const [own, ...steps] = stepsOf(node);
  for (const { message } of [...steps, own])
    if (typeof message === 'string') return message.replace(/ is expected/, '');
  return undefined;
}

/** The alternatives of a union. */
export function alternativesOf({ options = [] }: SchemaNode): readonly SchemaNode[] {
  return options as readonly SchemaNode[];
}

/** An argument that may be left out. */
export function isOptional(node: SchemaNode): boolean {
  const [own] = stepsOf(node);
  return own.type === 'optional' || own.type === 'nullish';
}

/** What stands for an argument that is left out; undefined for nothing. */
export function defaultOf(node: SchemaNode): unknown {
  const [own] = stepsOf(node);
  return isOptional(node) && typeof own.default !== 'function' ? own.default : undefined;
}

/** What may stand in the map at this path of what a schema takes; undefined where that is no map of known names. */
export function entriesAt(node: SchemaNode, [key, ...rest]: readonly (string | number)[]): SchemaNode['entries'] {
  const [own] = stepsOf(node);
  if (own.wrapped) return entriesAt(own.wrapped, key === undefined ? [] : [key, ...rest]);
  if (key === undefined) return own.entries;
  const inner = own.entries?.[key] ?? own.value ?? own.item;
  return inner && entriesAt(inner, rest);
}
