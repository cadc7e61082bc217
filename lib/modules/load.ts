import { createHash } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from '../describe.ts';
import { TsaltError } from '../errors/error.ts';
import { moduleErrors } from '../errors/module.ts';
import { lineOf, type Place } from '../place.ts';
import { readParts, type ModuleFile, type ModulePart, type ModuleTree } from './parts.ts';
import { placeOfDefault } from './source.ts';

export type { ModuleTree } from './parts.ts';

/** A module that was run: what it exports, and what its errors are. */
export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Itself first, then all that it imports of its tree. */
  readonly parts: readonly ModulePart[];
  /** Where its default export stands. */
  readonly place: Place;
  /** What code of it does; what that throws gets the place in the file. Raises `TS_MODULE_THREW`, `TS_MODULE_NEVER_DONE`. */
  readonly during: <T>(work: () => T | Promise<T>) => Promise<T>;
  /** What code of it threw, with the place in the file. */
  readonly blame: (thrown: unknown) => TsaltError;
}

/** What was run, by all its texts: what a process runs twice is not loaded twice, for Node forgets no module. */
const loaded = new Map<string, Promise<Readonly<Record<string, unknown>>>>();
/** Where each of them was. */
const folders = new Map<string, string>();

/**
 * Runs a module and what it imports of its tree, unless this process has done so before. They are written to a private
 * directory under numbers, and gone from it before they run: no name out of a tree becomes a path. Raises
 * `TS_MODULE_...`, with the place, and `TS_TEXT_NOT_UTF8`.
 */
export async function loadModule(entry: ModuleFile, tree: ModuleTree): Promise<LoadedModule> {
  const parts = await readParts(entry, tree);
  const [first] = parts;
  if (!first) throw moduleErrors.noModule({ specifier: entry.path });
  const place = placeOfDefault(first, first.file);
  const texts = parts.map(linked);
  const key = createHash('sha256')
    .update(JSON.stringify(texts.map((text, at) => [text, parts[at]?.file])))
    .digest('hex');

  function blame(thrown: unknown): TsaltError {
    return placed(thrown, placeOfThrown(thrown, folders.get(key), parts) ?? place);
  }

  async function during<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await settled(work);
    } catch (thrown) {
      throw blame(thrown);
    }
  }

  return {
    parts,
    place,
    during,
    blame,
    exports: await during(async () => {
      const running = loaded.get(key) ?? run(key, texts);
      loaded.set(key, running);
      // What failed for once may do better.
      running.catch(() => loaded.delete(key));
      return running;
    }),
  };
}

/** The code with the numbers of what it imports; what follows on the line stays where it was, as a rule. */
function linked({ code, links }: ModulePart): string {
  let text = '';
  let at = 0;
  for (const { from, to } of links) {
    const name = JSON.stringify(typeof to === 'number' ? `./${to}.js` : to);
    text += code.slice(at, from.start) + name.padEnd(from.end - from.start);
    at = from.end;
  }
  return text + code.slice(at);
}

/** Where Node begins: what is imported first runs when all has been read, and before anything of the module does. */
const beginning = {
  'package.json': '{"type": "module"}',
  'clear.js': `import { rmSync } from 'node:fs';\nrmSync(import.meta.dirname, { recursive: true });\n`,
  'start.js': `import './clear.js';\nexport * as made from './0.js';\n`,
};

async function run(key: string, texts: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { runModule } = await import('./tools.ts');
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'tsalt-modules-'));
  try {
    folders.set(key, pathToFileURL(folder).href);
    const files = [...Object.entries(beginning), ...texts.map((text, number) => [`${number}.js`, text] as const)];
    for (const [name, text] of files) writeFileSync(path.join(folder, name), text, { mode: 0o600 });
    const { made } = await runModule(pathToFileURL(path.join(folder, 'start.js')).href);
    return made as Readonly<Record<string, unknown>>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What waits for modules, and is told when the process has nothing left to do: what they wait for never comes then. */
const waiting = new Set<(reason: Error) => void>();
const giveUp = (): void => {
  for (const reject of waiting) reject(moduleErrors.neverDone(undefined));
  // Node asks once: with a turn to come it does so again, for who waits by then.
  setImmediate(() => {});
};

/** What the work gives. Where the process would end before that, which nobody would notice, it is an error. */
async function settled<T>(work: () => T | Promise<T>): Promise<T> {
  let forget: () => unknown = () => {};
  const over = new Promise<never>((_, reject) => {
    if (waiting.size === 0) process.on('beforeExit', giveUp);
    waiting.add(reject);
    forget = () => waiting.delete(reject) && waiting.size === 0 && process.off('beforeExit', giveUp);
  });
  try {
    return await Promise.race([Promise.resolve().then(work), over]);
  } finally {
    forget();
  }
}

/** Where in the files an error came up: the first line of its stack that is theirs. */
function placeOfThrown(thrown: unknown, folder: string | undefined, parts: readonly ModulePart[]): Place | undefined {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  if (stack === undefined || folder === undefined) return undefined;
  const [, theirs = ''] = stack.split(`${folder}/`);
  const [, number, line, column = 1] = /^(\d+)\.js:(\d+)(?::(\d+))?/.exec(theirs) ?? [];
  const part = parts[Number(number)];
  return part && { file: part.file, line: Number(line), column: Number(column), text: lineOf(part.text, Number(line)) };
}

function placed(thrown: unknown, place: Place): TsaltError {
  if (thrown instanceof TsaltError) {
    const { code, sentence, hint, others } = thrown;
    return thrown.place ? thrown : new TsaltError(code, sentence, { place, hint, others, cause: thrown });
  }
  const problem =
    thrown instanceof Error
      ? `${thrown.name === 'Error' ? '' : `${thrown.name}: `}${thrown.message}`
      : `it threw ${describe(thrown)}`;
  return moduleErrors.threw({ problem }, { place, cause: thrown });
}
