import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { didYouMean, together, TsaltError, type ErrorDetails } from '../errors/error.ts';
import { moduleErrors } from '../errors/module.ts';
import { nearest } from '../nearest.ts';
import { placeAt } from '../place.ts';
import { textOf } from '../text.ts';
import { readModule, type Language, type ModuleSource } from './source.ts';
import type { ModuleImport } from './syntax.ts';

type Later<T> = T | Promise<T>;

/** Where modules are: a tree of files, with paths relative to its top. */
export interface ModuleTree {
  read(path: string): Later<Buffer | undefined>;
  /** Paths of all files below a folder. */
  list(folder: string): Later<readonly string[]>;
  /** What an error calls the file. */
  shown(path: string): string;
  /** The URL of a package's module, where packages are at hand. */
  packageUrl?(specifier: string): string | undefined;
}

export interface ModuleFile {
  readonly path: string;
  readonly text: string;
  readonly language: Language;
}

/** A module with where its imports lead: to another part, by its number, or to a URL. */
export interface ModulePart extends ModuleSource {
  /** What errors call it. */
  readonly file: string;
  readonly links: readonly { readonly from: ModuleImport; readonly to: number | string }[];
}

/** Modules that are at hand in every tree. */
export const ownModules = {
  'tsalt/states': '/** States, as they are: for their types. */\nexport const defineStates = (states) => states;\n',
} as const;

/** What modules of an operator's own are written with: a program's file of its own, for it brings valibot whole. */
const plugins = 'tsalt/plugins';

/** Compiled it is above this folder, bundled beside the bundle. */
function pluginsUrl(): string {
  const isBundled = fileURLToPath(import.meta.url).endsWith('.cjs');
  return new URL(isBundled ? './plugins.mjs' : '../plugins.js', import.meta.url).href;
}

function isOwn(specifier: string): specifier is keyof typeof ownModules {
  return Object.hasOwn(ownModules, specifier);
}

const languages: Readonly<Record<string, Language>> = {
  '.ts': 'TypeScript',
  '.mts': 'TypeScript',
  '.js': 'JavaScript',
  '.mjs': 'JavaScript',
};

export function languageOf(path: string): Language | undefined {
  const [ending = ''] = /\.\w+$/.exec(path) ?? [];
  return Object.hasOwn(languages, ending) ? languages[ending] : undefined;
}

/**
 * A module and all that it imports of its tree, itself first. Raises all that is wrong with their texts and imports at once:
 * `TS_MODULE_...`, `TS_TEXT_NOT_UTF8`.
 */
export async function readParts(entry: ModuleFile, tree: ModuleTree): Promise<readonly ModulePart[]> {
  const parts: ModulePart[] = [];
  const numbers = new Map<string, number>();
  const mistakes: TsaltError[] = [];
  const during = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      mistakes.push(thrown, ...thrown.others);
      return undefined;
    }
  };

  async function add(path: string, file: string, text: string, language: Language): Promise<number> {
    const number = numbers.size;
    numbers.set(path, number);
    const source = await readModule(text, language, file);
    const links: { from: ModuleImport; to: number | string }[] = [];
    parts[number] = { ...source, file, links };
    const complain = (start: number, make: (details: ErrorDetails) => TsaltError, hint?: string): undefined => {
      mistakes.push(make({ place: placeAt(file, text, start), hint }));
    };
    for (const { specifier, start } of source.calls) {
      if (specifier !== undefined && isBuiltin(specifier)) continue;
      const what = specifier === undefined ? 'what is computed' : `'${specifier}'`;
      complain(start, (details) => moduleErrors.importCall({ what }, details), 'import it at the top of the file');
    }
    for (const from of source.imports) {
      const to = await during(() => lead(from, path, { file, text }));
      if (to === undefined) continue;
      links.push({ from, to });
      const other = typeof to === 'number' ? parts[to] : undefined;
      const exported = typeof to === 'number' ? other?.exports : await exportsOf(from.specifier, to);
      for (const { name, at } of from.names) {
        if (exported === undefined || exported.has(name)) continue;
        const { specifier } = from;
        complain(
          at,
          (details) => moduleErrors.noExport({ specifier, name }, details),
          isType(name, other, specifier)
            ? `it is a type: import type { ${name} } from '${specifier}'`
            : didYouMean(nearest(name, exported)),
        );
      }
    }
    return number;
  }

  async function lead(
    { specifier, start }: ModuleImport,
    from: string,
    { file, text }: { readonly file: string; readonly text: string },
  ): Promise<number | string> {
    if (isBuiltin(specifier)) return specifier;
    const place = placeAt(file, text, start);
    if (specifier === plugins) return pluginsUrl();
    if (isOwn(specifier))
      return numbers.get(specifier) ?? add(specifier, specifier, ownModules[specifier], 'JavaScript');
    if (!/^\.\.?\//.test(specifier)) {
      const url = tree.packageUrl?.(specifier);
      if (url !== undefined) return url;
      const near = nearest(specifier, [...Object.keys(ownModules), plugins]);
      const hint = didYouMean(near) ?? 'there are those of Node (node:fs), and files of the same tree (./x.ts)';
      throw moduleErrors.noModule({ specifier }, { place, hint });
    }
    const path = pathFrom(specifier, from);
    if (path === undefined) throw moduleErrors.leadsOut({ specifier }, { place });
    const known = numbers.get(path);
    if (known !== undefined) return known;
    const bytes = await tree.read(path);
    const language = languageOf(path);
    if (bytes === undefined) {
      const folder = path.split('/').slice(0, -1).join('/');
      const beside = (await tree.list(folder)).filter((name) => languageOf(name) !== undefined);
      const wanted = path.slice(folder === '' ? 0 : folder.length + 1);
      const near =
        beside.find((name) => name.replace(/\.\w+$/, '') === wanted.replace(/\.\w+$/, '')) ?? nearest(wanted, beside);
      throw moduleErrors.noModule(
        { specifier },
        { place, hint: near && `there is ${tree.shown(folder === '' ? near : `${folder}/${near}`)}` },
      );
    }
    if (language === undefined) throw moduleErrors.notModule({ specifier }, { place });
    const shown = tree.shown(path);
    return add(path, shown, textOf(bytes, shown), language);
  }

  await during(() => add(entry.path, tree.shown(entry.path), entry.text, entry.language));
  const [first, ...more] = mistakes;
  if (first) throw together(first, more);
  return parts;
}

/** A path from the file that names it; undefined where it leads out of the tree. Nothing here is joined to a directory. */
function pathFrom(specifier: string, from: string): string | undefined {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  return specifier.includes('\0') ? undefined : parts.join('/');
}

/** What a module of Node, or ours, exports; undefined for any other URL. */
async function exportsOf(specifier: string, name: string): Promise<ReadonlySet<string> | undefined> {
  if (specifier === plugins) return new Set(Object.keys(await (await import('./tools.ts')).runModule(name)));
  if (!isBuiltin(name)) return undefined;
  return new Set(['default', ...Object.keys(process.getBuiltinModule(name) ?? {})]);
}

function isType(name: string, other: ModulePart | undefined, specifier: string): boolean {
  if (specifier === plugins) return /^[A-Z]/.test(name);
  if (other === undefined) return false;
  return isOwn(specifier) || new RegExp(`\\b(?:interface|type)\\s+${name.replace(/\W/g, '\\$&')}\\b`).test(other.text);
}
