import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Daemon } from '../../lib/config/check.ts';

/** Whose config a file is, by its name (`master`, `minion.yaml`, `master.d/a.conf`), and where all of that config is. */
export function configAt(file: string): { readonly daemon: Daemon; readonly configDir: string } | undefined {
  const folder = path.dirname(file);
  const [, whole, part] = /(?:^|\/)(?:(master|minion)(?:\.yaml)?|(master|minion)\.d\/[^/]+\.conf)$/.exec(file) ?? [];
  const daemon = whole ?? part;
  if (daemon !== 'master' && daemon !== 'minion') return undefined;
  return { daemon, configDir: whole === undefined ? path.dirname(folder) : folder };
}

/** A file of each config that a directory holds. One with state files in it is a tree, whatever else is there. */
export function configsIn(folder: string): readonly string[] {
  const names = namesIn(folder);
  if (names.some((name) => name.endsWith('.sls'))) return [];
  return ['master', 'minion'].flatMap((daemon) => {
    const main = [daemon, `${daemon}.yaml`].filter((name) => names.includes(name));
    const parts = names.includes(`${daemon}.d`) ? namesIn(path.join(folder, `${daemon}.d`)) : [];
    const all = [...main, ...parts.filter((name) => name.endsWith('.conf')).map((name) => `${daemon}.d/${name}`)];
    return all
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
      .slice(0, 1);
  });
}

function namesIn(folder: string): string[] {
  return statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
}
