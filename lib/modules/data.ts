import { describe } from '../describe.ts';
import { addEntry, newMap, type Yaml } from '../yaml/maps.ts';

/** What is no data in what code returned, and the way to it. */
export interface NoData {
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly hint?: string;
}

/** Deeper than this nobody writes by hand. */
const deepest = 200;

/** What code returned as data of its own, as if it had been read from YAML; what is none is added to `mistakes`. */
export function dataOf(value: unknown, mistakes: NoData[]): Yaml {
  const around = new Set<object>();

  function copy(of: unknown, path: readonly (string | number)[]): Yaml {
    if (of === null || typeof of === 'string' || typeof of === 'boolean') return of;
    if (typeof of === 'number' && Number.isFinite(of)) return of;
    const refuse = (found: string, hint?: string): null => {
      mistakes.push({ path, found, ...(hint !== undefined && { hint }) });
      return null;
    };
    if (typeof of !== 'object') return refuse(kindOf(of), of === undefined ? absent : undefined);
    if (around.has(of)) return refuse('something that holds itself');
    if (path.length > deepest) return refuse(`what is nested more than ${deepest} deep`);
    if (!Array.isArray(of) && !isPlain(of)) return refuse(instanceOf(of));
    around.add(of);
    let made: Yaml;
    // What a list leaves out is undefined, too.
    if (Array.isArray(of)) made = Array.from(of, (item: unknown, index) => copy(item, [...path, index]));
    else {
      made = newMap();
      for (const [key, item] of Object.entries(of)) addEntry(made, key, copy(item, [...path, key]));
    }
    around.delete(of);
    return made;
  }

  return copy(value, []);
}

const absent = 'leave the entry out, or say null';

function isPlain(value: object): boolean {
  const born: unknown = Object.getPrototypeOf(value);
  return born === null || born === Object.prototype;
}

/** What a value is that is no data. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'bigint') return `the bigint ${value}n`;
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value)) return instanceOf(value);
  return typeof value === 'number' ? String(value) : describe(value);
}

function instanceOf(value: object): string {
  const name = value.constructor?.name;
  if (value instanceof Promise) return 'a promise: await it';
  return typeof name === 'string' && name !== '' ? `a ${name}` : 'what is made by a class';
}
