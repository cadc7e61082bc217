import { entriesOf, moduleNameOf } from '../../lib/custom/files.ts';
import { keptModules } from '../../lib/custom/kinds.ts';
import { minionKindNames, type MinionKind } from '../../lib/custom/names.ts';
import { customErrors } from '../../lib/errors/custom.ts';
import type { ErrorDetails, TsaltError } from '../../lib/errors/error.ts';
import type { TreeEntry } from '../../lib/file-tree.ts';
import { packError } from '../../lib/system/child/channel.ts';
import type { ModuleTree } from '../../lib/modules/load.ts';
import type { CustomIndex, CustomPlugin } from './index-file.ts';
import { inTurns, type SentFile } from './turns.ts';

/** An operator's own code, at hand. */
export interface CustomCode {
  readonly index: CustomIndex;
  /** The files of an environment that are code. */
  tree(environment: string): ModuleTree;
}

/** The bytes of one file of an environment. */
export type FetchFile = (environment: string, entry: TreeEntry) => Promise<Buffer>;

/** The code of an index; bytes are fetched when they are asked for. */
export function codeOf(
  index: CustomIndex,
  fetch: FetchFile,
  shown: (environment: string, path: string) => string,
): CustomCode {
  return {
    index,
    tree(environment) {
      const entries = index.files[environment] ?? [];
      return {
        async read(path) {
          const entry = entries.find(([name]) => name === path);
          return entry && fetch(environment, entry);
        },
        list: (folder) =>
          entries.filter(([name]) => name.startsWith(`${folder}/`)).map(([name]) => name.slice(folder.length + 1)),
        shown: (path) => shown(environment, path),
      };
    },
  };
}

/** The files of environments, for a process of their own. */
export async function sentFiles(code: CustomCode, environments: Iterable<string>): Promise<readonly SentFile[]> {
  const sent: SentFile[] = [];
  for (const environment of new Set(environments)) {
    const tree = code.tree(environment);
    for (const [path] of code.index.files[environment] ?? []) {
      const base64 = (await tree.read(path))?.toString('base64') ?? '';
      sent.push({ environment, path, shown: tree.shown(path), base64 });
    }
  }
  return sent;
}

type Found = Omit<CustomPlugin, 'functions' | 'problems'> & { readonly error?: TsaltError };

/** Loads every file that is a module, each where it can harm no other, and gives what there is. */
export async function tryFiles(
  files: CustomIndex['files'],
  fetch: FetchFile,
  shown: (environment: string, path: string) => string,
): Promise<CustomIndex> {
  const found = modulesIn(files, shown);
  const sent = await sentFiles(codeOf({ files, plugins: [] }, fetch, shown), Object.keys(files));
  const sound = found.filter(({ error }) => error === undefined);
  const results = inTurns({ what: 'try', files: sent }, sound);
  const plugins = found.map(({ error, ...plugin }): CustomPlugin => {
    if (error) return { ...plugin, functions: [], problems: [packError(error)] };
    const result = results[sound.findIndex((one) => one.kind === plugin.kind && one.name === plugin.name)];
    if (!result || 'errors' in result) return { ...plugin, functions: [], problems: result?.errors ?? [] };
    return { ...plugin, functions: Array.isArray(result.value) ? result.value.map(String) : [], problems: [] };
  });
  return { files, plugins };
}

/** The modules that files are; of several environments the last one's is it. */
function modulesIn(
  files: CustomIndex['files'],
  shown: (environment: string, path: string) => string,
): readonly Found[] {
  const found = new Map<string, Found>();
  for (const [environment, entries] of Object.entries(files))
    for (const kind of minionKindNames)
      for (const [path] of entriesOf(entries, [kind])) {
        const name = moduleNameOf(kind, path);
        if (name === undefined) continue;
        const before = found.get(`${kind} ${name}`);
        const other = before?.environment === environment ? before.path : undefined;
        const place = { file: shown(environment, path), line: 1, column: 1 };
        const error = mistakeIn(kind, name, other, { place });
        found.set(`${kind} ${name}`, { kind, name, environment, path, ...(error && { error }) });
      }
  return [...found.values()];
}

function mistakeIn(
  kind: MinionKind,
  name: string,
  other: string | undefined,
  details: ErrorDetails,
): TsaltError | undefined {
  if (other !== undefined) return customErrors.twice({ path: other }, details);
  if (!/^[A-Za-z]\w*$/.test(name)) return customErrors.badName({ name }, details);
  return kind === 'modules' && keptModules.includes(name) ? customErrors.kept({ name }, details) : undefined;
}
