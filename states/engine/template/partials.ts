import { didYouMean, TsaltError } from '../../../lib/errors/error.ts';
import { templateErrors } from '../../../lib/errors/template.ts';
import { nearest } from '../../../lib/nearest.ts';
import type { Place } from '../../../lib/place.ts';
import type { Part, Partial, Scope } from './scope.ts';

/** What a template takes of a file: what it says, or what it renders to. */
export type FileKind = 'data' | 'template';

/** Partials that a program defines, and those of the programs around it. */
export interface Partials {
  readonly own: Map<string, { parts: readonly Part[] }>;
  readonly outer: Partials | undefined;
  /** Give the paths of the files whose partials it has, too. */
  readonly imports: ((scope: Scope) => unknown)[];
}

/** What a partial's name leads to; `path` where it is another file's. */
export type Find = (scope: Scope) => Partial & { readonly path?: string };

/** Partials within partials. */
const deepest = 100;

/** Finds a partial by its name. Raises `TS_TEMPLATE_NO_PARTIAL` at once where nothing that is imported may have it. */
export function findPartial(name: string, partials: Partials | undefined, place: Place): Find {
  const known = own(name, partials);
  if (known) return () => known;
  if (isFile(name)) return (scope) => placed(place, () => scope.rendering.template(name, scope.path));
  const imported = importsOf(partials);
  const missing = (names: Iterable<string>) => {
    const near = didYouMean(nearest(name, names));
    return templateErrors.noPartial({ name }, { place, hint: near ?? 'a file of the tree is named by its path' });
  };
  const names = ownNames(partials);
  if (imported.length === 0) throw missing(names);
  return (scope) => {
    const others: string[] = [];
    for (const get of imported) {
      const file = placed(place, () => scope.rendering.template(String(get(scope)), scope.path));
      const partial = file.partials.get(name);
      if (partial) return { parts: partial.parts, path: file.path };
      others.push(...file.partials.keys());
    }
    throw missing([...names, ...others]);
  };
}

/** The scope of a partial: what it is given and what every template has, but nothing of the blocks it is called in. */
export function scopeOfPartial(
  { scope, name, place }: { readonly scope: Scope; readonly name: string; readonly place: Place },
  context: unknown,
  locals: Scope['locals'],
  path: string | undefined,
  caller?: Scope['caller'],
): Scope {
  if (scope.depth >= deepest) throw templateErrors.tooDeep({ name }, { place });
  const { depth } = scope;
  const own = { context, parent: undefined, locals, loop: undefined, caller };
  return { ...scope, ...own, path: path ?? scope.path, depth: depth + 1 };
}

/** What is wrong with a file's name is told where it stands. */
function placed<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof TsaltError) || thrown.place) throw thrown;
    throw withPlace(thrown, place);
  }
}

export function withPlace(thrown: TsaltError, place: Place): TsaltError {
  return new TsaltError(thrown.code, thrown.sentence, { place, hint: thrown.hint, cause: thrown });
}

/** The partial of that name that the template itself has there. */
export function own(name: string, partials: Partials | undefined): Partial | undefined {
  for (let at = partials; at; at = at.outer) if (at.own.has(name)) return at.own.get(name);
  return undefined;
}

function ownNames(partials: Partials | undefined): string[] {
  return partials ? [...partials.own.keys(), ...ownNames(partials.outer)] : [];
}

function importsOf(partials: Partials | undefined): Partials['imports'] {
  return partials ? [...partials.imports, ...importsOf(partials.outer)] : [];
}

/** Whether a partial's name is the path of a file. */
export function isFile(name: string): boolean {
  return /[./]/.test(name);
}
