import { didYouMean, type TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { fnmatch, isPattern } from '../../lib/fnmatch.ts';
import { nearest } from '../../lib/nearest.ts';
import { called, type Chunk, type Link, type Requisite } from './chunk.ts';
import { requisiteKinds, type Target } from './common.ts';
import { placeOf } from './declaration.ts';

/** Finds states by what requisites call them, in time that does not grow with the tree. */
class Finder {
  private readonly byName = new Map<string, Chunk[]>();
  private readonly bySls = new Map<string, Chunk[]>();
  private readonly chunks: readonly Chunk[];

  constructor(chunks: readonly Chunk[]) {
    this.chunks = chunks;
    for (const chunk of chunks) {
      for (const name of new Set([chunk.id, chunk.name])) {
        add(this.byName, `\0${name}`, chunk);
        add(this.byName, `${chunk.module}\0${name}`, chunk);
      }
      for (const sls of [chunk.sls.name, ...chunk.sls.includedFrom]) add(this.bySls, sls, chunk);
    }
  }

  find({ module, name }: Target): readonly Chunk[] {
    if (module === 'sls') return this.bySls.get(name) ?? this.matching(name, ({ sls }) => [sls.name]);
    const exact = this.byName.get(`${module ?? ''}\0${name}`);
    return (
      exact ??
      this.matching(name, (chunk) => (module === undefined || chunk.module === module ? [chunk.id, chunk.name] : []))
    );
  }

  /** Ids, names and files one could have meant. */
  names({ module }: Target): string[] {
    if (module === 'sls') return [...this.bySls.keys()];
    return this.chunks
      .filter((chunk) => module === undefined || chunk.module === module)
      .flatMap(({ id, name }) => [id, name]);
  }

  private matching(pattern: string, namesOf: (chunk: Chunk) => readonly string[]): readonly Chunk[] {
    if (!isPattern(pattern)) return [];
    const fits = fnmatch(pattern);
    return this.chunks.filter((chunk) => namesOf(chunk).some(fits));
  }
}

function add(map: Map<string, Chunk[]>, key: string, chunk: Chunk): void {
  const known = map.get(key);
  if (known) known.push(chunk);
  else map.set(key, [chunk]);
}

/** Ties every requisite to the states it means. A target that is not even `declared` is an error. */
export function tie(
  chunks: readonly Chunk[],
  errors: TsaltError[],
  declared: ReadonlySet<string>,
  excluded: ReadonlySet<string> = new Set(),
): void {
  const finder = new Finder(chunks);
  for (const chunk of chunks) {
    for (const requisite of chunk.requisites) {
      const found = finder.find(requisite.target);
      if (found.length === 0) {
        // A state that has a mistake of its own is there all the same.
        const isBroken = errors.length > 0 && declared.has(requisite.target.name);
        if (!isBroken) errors.push(lost(requisite, finder, excluded));
      } else if (requisite.isReversed)
        for (const other of found) link(other, { kind: requisite.kind, chunks: [chunk] });
      else link(chunk, { kind: requisite.kind, chunks: found });
    }
  }
}

/** Who has something before it for its sake, knows that, too. */
function link(chunk: Chunk, tied: Link): void {
  chunk.links.push(tied);
  if (tied.kind === 'prereq')
    for (const other of tied.chunks) other.links.push({ kind: 'prerequired', chunks: [chunk] });
}

function lost(
  { kind, isReversed, target, written, index }: Requisite,
  finder: Finder,
  excluded: ReadonlySet<string>,
): TsaltError {
  const { module, name } = target;
  const shown = module === undefined ? `'${name}'` : `'${module}: ${name}'`;
  // A module that no state of the tree has is the likelier slip.
  const elsewhere = module === undefined ? [] : finder.find({ module: undefined, name });
  const near = nearest(name, finder.names(target));
  const hint = excluded.has(name)
    ? 'it is excluded'
    : elsewhere[0]
      ? `there is ${called(elsewhere[0])}`
      : didYouMean(near);
  return stateErrors.noTarget(
    { kind: isReversed ? `${kind}_in` : kind, target: shown },
    { place: placeOf(written, 'value', [index]), hint },
  );
}

/**
 * The order states run in: by `order`, then as they are written, each after all that it waits for. States that wait for
 * each other are errors with the whole chain.
 */
export function inOrder(chunks: readonly Chunk[], errors: TsaltError[]): Chunk[] {
  const sorted = chunks
    .map((chunk) => ({ chunk, key: chunk.module + chunk.name + chunk.fun }))
    .sort((a, b) => a.chunk.order - b.chunk.order || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const done = new Set<Chunk>();
  const waiting = new Set<Chunk>();
  const order: Chunk[] = [];
  for (const { chunk } of sorted) visit(chunk);
  return order;

  /** Depth first without recursion: a chain may be as long as the tree. */
  function visit(first: Chunk): void {
    if (done.has(first)) return;
    waiting.add(first);
    const stack = [{ chunk: first, before: needed(first) }];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.before.pop();
      if (next === undefined) {
        stack.pop();
        waiting.delete(top.chunk);
        done.add(top.chunk);
        order.push(top.chunk);
      } else if (waiting.has(next)) {
        const chain = stack.slice(stack.findIndex(({ chunk }) => chunk === next)).map(({ chunk }) => chunk);
        errors.push(cycle(chain));
      } else if (!done.has(next)) {
        waiting.add(next);
        stack.push({ chunk: next, before: needed(next) });
      }
    }
  }
}

/** Kinds whose targets run before, in the order they are asked for. */
const before = ([...requisiteKinds, 'prerequired'] as const).filter((kind) => kind !== 'prereq' && kind !== 'listen');

/** What has to run before, last one first. */
function needed(chunk: Chunk): Chunk[] {
  if (chunk.links.length === 0) return [];
  const of = ({ links }: Chunk, kinds: readonly Link['kind'][]): Chunk[] =>
    kinds.flatMap((kind) => links.filter((one) => one.kind === kind).flatMap(({ chunks }) => chunks));
  // What it is a prereq of has to be able to tell what it will do: what that one needs comes first, too.
  const theirs = of(chunk, ['prereq']).flatMap((other) =>
    of(
      other,
      before.filter((kind) => kind !== 'prerequired'),
    ),
  );
  return [...of(chunk, before), ...theirs].reverse();
}

function cycle(chain: readonly Chunk[]): TsaltError {
  const [first] = chain;
  const names = [...chain, ...(first ? [first] : [])].map(called);
  return stateErrors.cycle({ chain: names.join(' needs ') }, { place: first?.sls.yaml.placeOf(first.path) });
}
