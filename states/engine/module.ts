import { didYouMean, together } from '../../lib/errors/error.ts';
import { executionErrors } from '../../lib/errors/execution.ts';
import { moduleErrors } from '../../lib/errors/module.ts';
import { templateErrors } from '../../lib/errors/template.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { dataOf, type NoData } from '../../lib/modules/data.ts';
import { loadModule } from '../../lib/modules/load.ts';
import type { ModuleFile } from '../../lib/modules/parts.ts';
import { placeInData } from '../../lib/modules/place-in-data.ts';
import { nearest } from '../../lib/nearest.ts';
import type { YamlFile } from '../../lib/yaml/load.ts';
import { NotYet, patiently, templateFiles } from './files.ts';
import type { RenderContext } from './render.ts';
import { entry, entryNames, kindOf } from './template/values.ts';
import type { Tree } from './tree.ts';

/** Mistakes that are told of one file, at most. */
const mostTold = 100;

/**
 * Runs a state or pillar file that is a module (`#!ts`, `#!js`): its default export, called with what templates see (`data`),
 * gives what YAML would have said. Raises `TS_MODULE_...` and `TS_TEMPLATE_...`, each with its place in the module.
 */
export async function renderModule(
  file: ModuleFile,
  data: JsonMap,
  context: RenderContext,
  tree: Tree,
): Promise<YamlFile> {
  const { exports, parts, place, during } = await loadModule(file, tree);
  const expected = 'a function that returns data, or data';
  if (!('default' in exports)) throw moduleErrors.badDefault({ expected, found: 'missing' }, { place });
  const made = exports['default'];
  // Which functions it calls, no text tells; loading all of them takes a while.
  if (parts.some(({ code }) => /\bsalt\b/.test(code))) await context.functions?.prepareAll();
  const given = await during(() => patiently(() => once(made, { path: file.path, data, context, tree })));
  const mistakes: NoData[] = [];
  const copy = dataOf(given, mistakes);
  const placeOf: YamlFile['placeOf'] = (path, what = 'key') => placeInData(parts, path, what, place);
  const [first, ...more] = mistakes
    .slice(0, mostTold)
    .map(({ path, found, hint }) => moduleErrors.notData({ found }, { place: placeOf(path), hint }));
  if (first) throw together(first, more);
  return { data: copy, errors: [], isMade: true, placeOf };
}

interface Given {
  readonly path: string;
  readonly data: JsonMap;
  readonly context: RenderContext;
  readonly tree: Tree;
}

/** What the default export gives. Raises `NotYet` where it called what has to be fetched, whatever it made of that. */
async function once(made: unknown, given: Given): Promise<unknown> {
  if (typeof made !== 'function') return made;
  const waits: { first?: NotYet } = {};
  const context = contextOf(given, (thrown) => {
    if (thrown instanceof NotYet) waits.first ??= thrown;
  });
  try {
    const data = await (made as (given: unknown) => unknown)(context);
    if (!waits.first) return data;
  } catch (thrown) {
    if (!waits.first) throw thrown;
  }
  throw waits.first;
}

/** What the default export is called with; what its calls of functions raise is noted. */
function contextOf(
  { path, data, context: { functions }, tree }: Given,
  note: (thrown: unknown) => void,
): Readonly<Record<string, unknown>> {
  const files = templateFiles(tree);
  return Object.freeze({
    ...(frozen(data) as JsonMap),
    fromPillar: reader('pillar', data['pillar']),
    fromGrains: reader('grains', data['grains']),
    salt(fun: string, args: readonly unknown[] = [], named: JsonMap = {}): unknown {
      if (!functions) throw executionErrors.noSuchFunction({ fun });
      try {
        return functions.call(fun, args, named);
      } catch (thrown) {
        note(thrown);
        throw thrown;
      }
    },
    file: async (name: string) => (await patiently(() => files(name, path))).text,
  });
}

/** Looks up `a:b:0`: what stands there, else `otherwise`, which says what kind is wanted, too. What is not there is an error. */
function reader(name: string, from: Json | undefined) {
  return (path: string, otherwise?: Json): unknown => {
    let at: unknown = from;
    for (const step of path.split(':')) {
      const next = entry(at, step);
      if (next === undefined) {
        if (otherwise !== undefined) return otherwise;
        const hint = didYouMean(nearest(step, entryNames(at)));
        throw templateErrors.undefinedName({ name: `${name}:${path}` }, { hint });
      }
      at = next;
    }
    if (otherwise !== undefined && otherwise !== null && kindOf(at) !== kindOf(otherwise)) {
      const facts = {
        name: `${name}:${path}`,
        expected: wordsOf[kindOf(otherwise)] ?? '',
        found: wordsOf[kindOf(at)] ?? 'null',
      };
      throw moduleErrors.otherKind(facts, { hint: 'it is to be of the kind of what stands in for it' });
    }
    return frozen(at as Json);
  };
}

const wordsOf: Readonly<Record<string, string>> = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  list: 'a list',
  map: 'a map',
};

const copies = new WeakMap<object, Json>();

/** A copy that nobody can change: modules share what they are given. */
function frozen(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy: Json = Array.isArray(value) ? value.map(frozen) : (Object.create(null) as JsonMap);
  if (isMap(copy) && isMap(value)) for (const [key, inner] of Object.entries(value)) copy[key] = frozen(inner as Json);
  Object.freeze(copy);
  copies.set(value, copy);
  copies.set(copy, copy);
  return copy;
}
