import { placeAt, type Place } from '../../../lib/place.ts';
import { Compiler, run, type Emit, type Part, type Scope } from './compile.ts';
import { Mistakes } from './mistakes.ts';
import { parseTemplate, refuseJinja } from './parse.ts';
import { asText } from './values.ts';

export type CallFunction = (fun: string, args: readonly unknown[], named: Readonly<Record<string, unknown>>) => unknown;

export type Print = Scope['print'];

export interface Rendered {
  readonly text: string;
  /** Where what stands at `offset` of the text comes from. */
  placeOf(offset: number): Place;
}

export interface Template {
  /** Execution functions that it calls by `salt`. */
  readonly functions: ReadonlySet<string>;
  /**
   * Its text over `data`, whose entries are names at any depth. Raises the first of what is undefined, misused or unknown,
   * with its place, and the others with it. `call` runs the functions named by `salt`; `print` says what stands in the text for a value.
   */
  render(data: Readonly<Record<string, unknown>>, call?: CallFunction, print?: Print): Rendered;
}

/** Compiled templates by file and source; the oldest leaves. */
const cache = new Map<string, Template>();
const mostCached = 256;

/** Compiles a template. `file` is its name in errors. Raises what is wrong with it whatever the data. */
export function compileTemplate(source: string, file: string): Template {
  const key = `${file}\0${source}`;
  const known = cache.get(key);
  if (known) return known;
  const template = source.includes('{{') ? compiled(source, file) : plain(source, file);
  if (cache.size >= mostCached) for (const oldest of cache.keys()) if (cache.delete(oldest)) break;
  cache.set(key, template);
  return template;
}

/** Most files have nothing to evaluate. */
function plain(source: string, file: string): Template {
  refuseJinja(source, 0, source, file);
  const rendered = { text: source, placeOf: (offset: number) => placeAt(file, source, offset) };
  return { functions: new Set(), render: () => rendered };
}

function compiled(source: string, file: string): Template {
  const compiler = new Compiler(source, file);
  const parts: readonly Part[] = compiler.mistakes.after(() => compiler.program(parseTemplate(source, file)));
  return {
    functions: compiler.functions,
    render(data, call = unavailable, print = asText) {
      const emit: Emit = { pieces: [], length: 0, starts: [], origins: [] };
      const mistakes = new Mistakes();
      const scope: Scope = {
        context: data,
        root: data,
        call,
        print,
        parent: undefined,
        locals: undefined,
        loop: undefined,
        mistakes,
      };
      mistakes.after(() => run(parts, scope, emit));
      return { text: emit.pieces.join(''), placeOf: (offset) => placeAt(file, source, originOf(emit, offset)) };
    },
  };
}

function unavailable(fun: string): never {
  throw new RangeError(`'${fun}' can't be called here`);
}

/** The offset in the source of an offset in what came of it. */
function originOf({ starts, origins }: Emit, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const origin = origins[low];
  if (!origin) return 0;
  return origin.at + (origin.copied ? offset - (starts[low] ?? 0) : 0);
}
