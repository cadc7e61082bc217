import type { FileView } from '../../../lib/contracts/machine.ts';

/** What says where packages come from and which are preferred (sources.list(5), apt_preferences(5)). */
const places = [
  'sources.list',
  'sources.list.d',
  'preferences',
  'preferences.d',
  'trusted.gpg.d',
  'keyrings',
  'auth.conf.d',
];

/** Two answers are the same when apt's sources and preferences are; a few small files are read. */
export function sourcesOf(files: FileView): string {
  return places
    .flatMap((place) => within(files, `/etc/apt/${place}`))
    .map((file) => `${file}\n${files.read(file).toString('latin1')}`)
    .join('\n');
}

function within(files: FileView, place: string): string[] {
  const facts = files.follow(place);
  if (facts?.kind === 'file') return [place];
  if (facts?.kind !== 'directory') return [];
  return files
    .list(place)
    .map((name) => `${place}/${name}`)
    .filter((file) => files.follow(file)?.kind === 'file');
}
