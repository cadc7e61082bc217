import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { aptSources } from './apt-sources.ts';
import { must } from './command.ts';
import type { ImageRecipe, ImageStore } from './image.ts';
import { withLock } from './waiting.ts';

/** How long apt's lists are good for, in ms. */
const LISTS_GOOD_MS = 12 * 3600 * 1000;

/**
 * Puts Debian packages, and all they need beyond what `image` has, into the directory `packages`, which is a source for apt
 * afterwards. They are downloaded once for all such directories of this machine.
 */
export async function providePackages(
  names: readonly string[],
  packages: string,
  image: string,
  recipe: ImageRecipe,
  store: ImageStore,
): Promise<void> {
  const bad = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad !== undefined) throw nspawnErrors.badPackageName({ name: bad });
  const cache = `${image}.packages`;
  mkdirSync(cache, { recursive: true });
  await withLock(store.clock, `${cache}.lock`, 'downloading packages', async () => {
    // Each on its own: they need not be installable beside each other.
    for (const name of names)
      if (!existsSync(path.join(cache, name))) await download(name, path.join(cache, name), image, recipe, store);
  });
  openPackages(packages);
  for (const name of names)
    for (const file of packageFiles(path.join(cache, name)))
      copyFileSync(path.join(cache, name, file), path.join(packages, file));
  await index(packages);
}

/** Makes the directory `packages` a source for apt, with nothing in it yet. */
export function openPackages(packages: string): void {
  mkdirSync(packages, { recursive: true });
  const list = path.join(packages, 'Packages');
  if (!existsSync(list)) writeFileSync(list, '');
}

/** Puts one package file into the directory `packages`. */
export async function addPackageFile(file: string, packages: string): Promise<void> {
  openPackages(packages);
  copyFileSync(file, path.join(packages, path.basename(file)));
  await index(packages);
}

/** Downloads one package into a directory of its own. This machine's apt does it, as if the image were this machine. */
async function download(
  name: string,
  directory: string,
  image: string,
  { suite }: ImageRecipe,
  store: ImageStore,
): Promise<void> {
  const state = `${image}.apt`;
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  for (const folder of [`${state}/lists/partial`, `${unfinished}/partial`]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(state, 'sources.list'), `${(await aptSources(suite)).join('\n')}\n`);
  const settings = [
    `Dir::Etc::SourceList=${state}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State=${state}`,
    `Dir::State::status=${image}/var/lib/dpkg/status`,
    `Dir::Cache=${state}`,
    `Dir::Cache::archives=${unfinished}`,
    'APT::Sandbox::User=root',
    'APT::Install-Recommends=false',
    'Debug::NoLocking=true',
  ];
  const apt = ['apt-get', '-qq', ...settings.flatMap((setting) => ['-o', setting])];
  const updated = path.join(state, 'updated');
  if (!existsSync(updated) || store.clock.now() - statSync(updated).mtimeMs > LISTS_GOOD_MS) {
    await must([...apt, 'update']);
    writeFileSync(updated, '');
  }
  await must([...apt, '--yes', '--download-only', '--reinstall', 'install', '--', name]);
  rmSync(path.join(unfinished, 'partial'), { recursive: true, force: true });
  renameSync(unfinished, directory);
}

const packageFiles = (directory: string): string[] => readdirSync(directory).filter((name) => name.endsWith('.deb'));

/** Writes the list of what is there, whole or not at all: machines may be reading it. */
async function index(packages: string): Promise<void> {
  const list = await must(['apt-ftparchive', 'packages', '.'], { cwd: packages });
  const file = path.join(packages, 'Packages');
  writeFileSync(`${file}.new`, list);
  renameSync(`${file}.new`, file);
}
