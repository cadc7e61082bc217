import type { Json, JsonMap } from '../../lib/json.ts';
import type { Chunk } from './chunk.ts';
import type { Declaration } from './declaration.ts';

/* A tree as Salt's `state.show_...` functions show it. */

/** By id: what the files say, with `__sls__`, `__env__`, and the order that they stand in. */
export function highData(declarations: readonly Declaration[]): JsonMap {
  const high: Record<string, JsonMap> = {};
  for (const [at, { id, sls, module, fun, args }] of declarations.entries()) {
    const entry = (high[id] ??= { __sls__: sls.name, __env__: sls.saltenv });
    if (sls.includedFrom.size > 0) entry['__sls_included_from__'] = [...sls.includedFrom];
    const written = args.map(({ name, value }): JsonMap => ({ [name]: value as Json }));
    const ordered = args.some(({ name }) => name === 'order') ? [] : [{ order: 10_000 + at }];
    entry[module] = [...written, fun, ...ordered];
  }
  return high;
}

/** One after the other, as they run. */
export function lowData(chunks: readonly Chunk[], declarations: readonly Declaration[]): JsonMap[] {
  const written = new Map(declarations.map((one) => [`${one.id}\0${one.module}`, one]));
  return chunks.map(({ id, name, module, fun, sls, order }) => {
    const args = written.get(`${id}\0${module}`)?.args ?? [];
    const own = args.filter((argument) => !['name', 'names', 'order'].includes(argument.name));
    return {
      state: module,
      name,
      __sls__: sls.name,
      __env__: sls.saltenv,
      __id__: id,
      ...Object.fromEntries(own.map((argument) => [argument.name, argument.value as Json])),
      order,
      fun,
    };
  });
}

/** A state with the given id, and all that has to run before it. */
export function withNeeds(chunks: readonly Chunk[], isMeant: (chunk: Chunk) => boolean): Chunk[] {
  const wanted = new Set<Chunk>();
  const visit = (chunk: Chunk): void => {
    if (wanted.has(chunk)) return;
    wanted.add(chunk);
    for (const { chunks: others } of chunk.links) others.forEach(visit);
  };
  chunks.filter(isMeant).forEach(visit);
  return chunks.filter((chunk) => wanted.has(chunk));
}
