import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import type { JsonMap } from '../../lib/json.ts';
import { statOf } from '../../lib/stat-of.ts';
import { textOf } from '../../lib/text.ts';
import { mergeDeep } from '../merge.ts';

const args = v.strictObject({
  root_dir: v.pipe(v.string(), v.startsWith('/', 'an absolute path')),
  /** What ends a text stays there. */
  keep_newline: v.optional(v.boolean(), false),
  /** Links to directories are gone into. */
  follow_dir_links: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof args>;

export default defineExtPillar({
  summary:
    'Files of the master as texts, directories as maps: those under `hosts/<id>` for that minion, those under `nodegroups/<name>` for the minions of that group.',
  example: `
ext_pillar:
  - file_tree:
      root_dir: /srv/tsalt/ext_pillar
`,
  args,
  read(given, { id, nodegroups }) {
    const groups = nodegroups.map((name) => treeOf(given, 'nodegroups', name));
    return [...groups, treeOf(given, 'hosts', id)].reduce((under, over) => mergeDeep(under, over), {});
  },
});

/** The folder of that name, looked for among those that are there: a name is never made a part of a path. */
function treeOf(given: Args, kind: 'hosts' | 'nodegroups', name: string): JsonMap {
  const above = path.join(given.root_dir, kind);
  const found = entriesOf(above).find((entry) => entry.name === name && isFolder(above, entry, true));
  return found ? mapOf(given, path.join(above, found.name), []) : {};
}

function mapOf(given: Args, folder: string, above: readonly string[]): JsonMap {
  const real = fs.realpathSync(folder);
  // A link to a folder above would never end.
  if (above.includes(real)) return {};
  const map = Object.create(null) as JsonMap;
  for (const entry of entriesOf(folder)) {
    const place = path.join(folder, entry.name);
    if (isFolder(folder, entry, given.follow_dir_links)) map[entry.name] = mapOf(given, place, [...above, real]);
    else if (statOf(place)?.isFile() === true) {
      const text = textOf(fs.readFileSync(place), place);
      map[entry.name] = given.keep_newline ? text : text.replace(/\n$/, '');
    }
  }
  return map;
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

function isFolder(folder: string, entry: fs.Dirent, follows: boolean): boolean {
  if (entry.isDirectory()) return true;
  if (!follows || !entry.isSymbolicLink()) return false;
  return statOf(path.join(folder, entry.name))?.isDirectory() ?? false;
}
