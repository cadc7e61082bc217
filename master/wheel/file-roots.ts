import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { BASE, directoriesOf, environmentNames, type Roots } from '../../lib/environments.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { FileServer } from '../files.ts';
import type { Runner, RunnerTable } from '../runners/runner.ts';

/** A file that is read whole is no larger. */
const MOST_BYTES = 1024 * 1024;
const LOOKED_AT_BYTES = 8192;

/** Salt's wheel module `file_roots`, for reading: state trees are changed in their files. */
export function fileRootsWheel(roots: () => Roots, files: () => Pick<FileServer, 'manifest'>): RunnerTable {
  /** Where a file of the tree lies. Only what a walk of the tree has found is looked for. */
  async function placesOf(name: string, env: string): Promise<string[]> {
    const manifest = await files().manifest(env);
    const directories = directoriesOf(roots(), env);
    if (!manifest || !directories) {
      const hint = didYouMean(nearest(env, environmentNames(roots())));
      throw runnerErrors.noSuchEnvironment({ env }, { hint });
    }
    const names = manifest.entries.map(([entry]) => entry).filter((entry) => !entry.endsWith('/'));
    if (!names.includes(name)) {
      throw runnerErrors.noSuchFile({ file: name, env }, { hint: didYouMean(nearest(name, names)) });
    }
    return directories
      .map((directory) => path.join(directory, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  }
  const ofFile = (summary: string, look: (file: string) => Json): Runner => ({
    summary,
    takes: ['path', 'saltenv'],
    needs: 1,
    run: async ({ path: name, saltenv = BASE }) =>
      (await placesOf(asText(name), asText(saltenv))).map((file) => ({ [file]: look(file) })),
  });
  return {
    'file_roots.find': ofFile(
      'where a file of the state tree lies, and whether it is text (`txt`) or not (`bin`)',
      (file) => (isText(file) ? 'txt' : 'bin'),
    ),
    'file_roots.read': ofFile('the text of a file of the state tree, by where it lies', (file) => {
      const { size } = statSync(file);
      if (size > MOST_BYTES || !isText(file)) throw runnerErrors.noText({ file });
      return readFileSync(file, 'utf8');
    }),
    'file_roots.list_env': {
      summary: 'the files of an environment (`base`)',
      takes: ['saltenv'],
      run: async ({ saltenv = BASE }) =>
        ((await files().manifest(asText(saltenv)))?.entries ?? []).map(([name]) => name),
    },
    'file_roots.list_roots': {
      summary: 'the directories of each environment',
      takes: [],
      run: () =>
        Object.fromEntries(environmentNames(roots()).map((env) => [env, [...(directoriesOf(roots(), env) ?? [])]])),
    },
  };
}

/** Whether it begins without a zero byte. */
function isText(file: string): boolean {
  const start = Buffer.alloc(LOOKED_AT_BYTES);
  const handle = openSync(file, 'r');
  try {
    return !start.subarray(0, readSync(handle, start, 0, start.length, 0)).includes(0);
  } finally {
    closeSync(handle);
  }
}
