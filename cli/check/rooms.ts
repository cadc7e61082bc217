import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What the directories of an operator's files are called. */
const rooms = new Set(['states', 'pillar', 'reactor', 'reactors']);

/** The paths to check for one that was given: a directory that holds such directories, or `others`, stands for these. */
export function roomsIn(place: string, others: readonly string[]): readonly string[] {
  const isRoom = (folder: string): boolean => rooms.has(path.basename(folder)) || others.includes(folder);
  if (isRoom(place) || !statSync(place).isDirectory()) return [place];
  const inside = readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => path.join(place, name))
    .flatMap((folder) => (isRoom(folder) ? [folder] : roomsIn(folder, others).filter((room) => room !== folder)));
  return inside.length > 0 ? inside.sort() : [place];
}
