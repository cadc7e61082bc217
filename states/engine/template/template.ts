import { dropOldest } from '../../../lib/drop-oldest.ts';
import { together, TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { placeAt, type Place } from '../../../lib/place.ts';
import type { TemplateFiles } from '../files.ts';
import { Compiler } from './compile.ts';
import { jinjaMistakes } from './jinja/mistakes.ts';
import { Mistakes } from './mistakes.ts';
import type { FileKind } from './partials.ts';
import { parseTemplate } from './parse.ts';
import {
  mostSteps,
  newEmit,
  put,
  run,
  type Emit,
  type Part,
  type Partial,
  type Rendering,
  type Scope,
} from './scope.ts';

export type CallFunction = Rendering['call'];

export interface Rendered {
  readonly text: string;
  /** Where what stands at `offset` of the text comes from. */
  placeOf(offset: number): Place;
}

/** What a template may use beyond its data. */
export interface RenderOptions {
  /** Runs the functions named by `salt`. */
  readonly call?: CallFunction | undefined;
  /** Says what stands in the text for a value; undefined when it can't. Without it, the value's text. */
  readonly print?: Rendering['print'];
  /** Milliseconds since 1970 at which the run began. */
  readonly now?: number | undefined;
  /** Other files of the template's tree. */
  readonly files?: TemplateFiles | undefined;
  /** The template's own path in its tree. */
  readonly path?: string | undefined;
  /** Hears of functions that a file of the tree calls, before it is rendered. */
  readonly onFunctions?: ((names: ReadonlySet<string>) => void) | undefined;
}

export interface Template {
  /** Execution functions that it calls by `salt`. */
  readonly functions: ReadonlySet<string>;
  /** Files of its tree that it names as quoted text. */
  readonly files: ReadonlyMap<string, FileKind>;
  readonly parts: readonly Part[];
  /** What it defines for others, by name. */
  readonly partials: ReadonlyMap<string, Partial>;
  /**
   * Its text over `data`, whose entries are names at any depth. Raises the first of what is undefined, misused or unknown,
   * with its place, and the others with it.
   */
  render(data: Readonly<Record<string, unknown>>, options?: RenderOptions): Rendered;
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
  cache.set(key, template);
  dropOldest(cache, mostCached);
  return template;
}

/** Most files have nothing to evaluate. */
function plain(text: string, file: string): Template {
  withJinja(text, file, () => undefined);
  const source = { text, file };
  const rendered = { text, placeOf: (offset: number) => placeAt(file, text, offset) };
  const parts: readonly Part[] = [(_, emit) => put(emit, text, source, 0, true)];
  return { functions: new Set(), files: new Map(), parts, partials: new Map(), render: () => rendered };
}

function compiled(source: string, file: string): Template {
  const compiler = new Compiler(source, file);
  const parts = withJinja(source, file, () => {
    const program = parseTemplate(source, file);
    return compiler.mistakes.after((): readonly Part[] => compiler.program(program));
  });
  const { partials } = compiler;
  const { functions, files } = compiler.expressions;
  return {
    functions,
    files,
    parts,
    partials,
    render(data, options = {}) {
      const emit = newEmit();
      const rendering = renderingOf(data, options);
      const mistakes = new Mistakes();
      const scope: Scope = {
        context: data,
        rendering,
        parent: undefined,
        locals: undefined,
        loop: undefined,
        path: options.path,
        depth: 0,
        caller: undefined,
        mistakes,
      };
      mistakes.after(() => run(parts, scope, emit));
      return { text: emit.pieces.join(''), placeOf: (offset) => originOf(emit, offset) ?? placeAt(file, source, 0) };
    },
  };
}

/** Does the work. Raises what there is of Jinja in a source, with what else is wrong with it on other lines. */
function withJinja<T>(source: string, file: string, work: () => T): T {
  const [first, ...more] = /\{%|(?<!\{)\{#/.test(source) ? jinjaMistakes(source, file) : [];
  if (!first) return work();
  const lines = new Set([first, ...more].map(({ place }) => place?.line));
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    // What can't be read can't be read because of it.
    if (thrown.code !== 'TS_TEMPLATE_SYNTAX' && thrown.code !== 'TS_TEMPLATE_UNCLOSED')
      more.push(...[thrown, ...thrown.others].filter(({ place }) => !lines.has(place?.line)));
  }
  throw together(first, more);
}

function renderingOf(
  root: Readonly<Record<string, unknown>>,
  { call = unavailable, print, now, files = noTree, onFunctions }: RenderOptions,
): Rendering {
  return {
    root,
    call,
    print,
    now,
    left: { steps: mostSteps },
    file: files,
    template(name, from) {
      const { text, path, shown } = files(name, from);
      const { parts, partials, functions } = compileTemplate(text, shown);
      if (functions.size > 0) onFunctions?.(functions);
      return { parts, partials, path };
    },
  };
}

function noTree(path: string): never {
  throw templateErrors.noTree({ path });
}

function unavailable(fun: string): never {
  throw new RangeError(`'${fun}' can't be called here`);
}

/** The place of what stands at an offset of what was rendered. */
function originOf({ starts, origins }: Emit, offset: number): Place | undefined {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const origin = origins[low];
  if (!origin) return undefined;
  const { source, at, copied } = origin;
  return placeAt(source.file, source.text, at + (copied ? offset - (starts[low] ?? 0) : 0));
}
