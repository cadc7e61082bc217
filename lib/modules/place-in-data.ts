import type { AssignmentProperty, Property } from 'acorn';
import { placeAt, type Place } from '../place.ts';
import type { ModulePart } from './parts.ts';
import { childrenOf, wordOf, type AnyNode } from './syntax.ts';

/** A piece of a module's syntax tree. */
interface Spot {
  readonly node: AnyNode;
  readonly part: ModulePart;
}

/**
 * Where the modules write what lies at `path` of the data that they make: the key itself, where it is written out and only
 * once. Otherwise what comes nearest, or `otherwise`, and the place says the way to it besides.
 */
export function placeInData(
  parts: readonly ModulePart[],
  path: readonly (string | number)[],
  what: 'key' | 'value',
  otherwise: Place,
): Place {
  let spots: readonly Spot[] = parts.map((part) => ({ part, node: part.program }));
  let best: Spot | undefined;
  let isExact = path.length === 0;
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1;
    const found = typeof step === 'number' ? itemsAt(spots, step) : keysNamed(spots, step);
    isExact = isLast && found.length === 1;
    if (found.length === 0) {
      spots = typeof step === 'number' ? spots : computedKeys(spots);
      if (spots.length === 0) break;
      continue;
    }
    [best] = found.length === 1 ? found : [best];
    const isValue = what === 'value' && isLast;
    if (best && isValue && best.node.type === 'Property') best = { ...best, node: best.node.value };
    spots = found.map((spot) => (spot.node.type === 'Property' ? { ...spot, node: spot.node.value } : spot));
  }
  const place = best ? placeAt(best.part.file, best.part.text, best.node.start) : otherwise;
  return isExact ? place : { ...place, inside: path.join(' > ') };
}

/** The outermost entries of object literals that are called so. */
function keysNamed(spots: readonly Spot[], name: string): Spot[] {
  return entries(spots, ({ computed, key }) => !(computed && key.type === 'Identifier') && wordOf(key) === name);
}

/** Entries whose name is computed: any of them may be the one. */
function computedKeys(spots: readonly Spot[]): Spot[] {
  return entries(
    spots,
    ({ computed, key }) => computed && (key.type === 'Identifier' || wordOf(key) === undefined),
  ).map(({ node, part }) => ({ part, node: node.type === 'Property' ? node.value : node }));
}

function entries(spots: readonly Spot[], isMeant: (property: Property | AssignmentProperty) => boolean): Spot[] {
  return spots.flatMap(({ node, part }) => {
    const found: Spot[] = [];
    const visit = (at: AnyNode, parent: AnyNode | undefined): void => {
      if (at.type === 'Property' && parent?.type === 'ObjectExpression' && isMeant(at)) found.push({ node: at, part });
      else for (const child of childrenOf(at)) visit(child, at);
    };
    visit(node, undefined);
    return found;
  });
}

function itemsAt(spots: readonly Spot[], index: number): Spot[] {
  return spots.flatMap(({ node, part }) => {
    const items = node.type === 'ArrayExpression' ? node.elements.slice(0, index + 1) : [];
    const item = items.some((one) => one?.type === 'SpreadElement') ? undefined : items[index];
    return item ? [{ node: item, part }] : [];
  });
}
