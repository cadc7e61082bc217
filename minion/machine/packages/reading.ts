import type { FileView } from '../../../lib/contracts/machine.ts';
import { databaseName } from './status.ts';

/** Reads `apt-get --simulate upgrade`: lines of `Inst name [old] (new source [arch])`. */
export function parseSimulation(text: string): Map<string, { old: string; new: string }> {
  const found = new Map<string, { old: string; new: string }>();
  for (const [, name = '', old = '', version = ''] of text.matchAll(/^Inst (\S+)(?: \[([^\]]+)\])? \((\S+) /gm))
    found.set(name, { old, new: version });
  return found;
}

/** Reads `dpkg --verify`: `??5?????? c /etc/x`, by path what differs (only the sum can be known), or that it is missing. */
export function parseAltered(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(missing|[?.5SMDLUGTPV]{9})\s+(c\s+)?(\/.*?)(?: \(.*\))?$/gm)];
  return Object.fromEntries(
    lines.map(([, how = '', config, path = '']) => [
      path,
      `${how === 'missing' ? 'missing' : 'checksum'}${config === undefined ? '' : ' (config)'}`,
    ]),
  );
}

/** Name and version out of a package's control fields (deb-control(5)). */
export function parseControl(text: string, native: string): { name: string; version: string } | undefined {
  const field = (name: string): string | undefined => new RegExp(`^${name}: *(\\S+)`, 'm').exec(text)?.[1];
  const [name, version, arch = 'all'] = [field('Package'), field('Version'), field('Architecture')];
  return name === undefined || version === undefined
    ? undefined
    : { name: databaseName(`${name}:${arch}`, native), version };
}

const archives = '/var/cache/apt/archives';

/** The packages in apt's cache, by the names of their files: `name_version_arch.deb`, a colon written `%3a`. */
export function archivesIn(files: FileView): Map<string, string[]> {
  const found = new Map<string, string[]>();
  if (files.follow(archives)?.kind !== 'directory') return found;
  for (const file of files.list(archives)) {
    const [, name = '', version = ''] = /^([^_]+)_([^_]+)_[^_]+\.deb$/.exec(file) ?? [];
    if (name !== '') found.set(name, [...(found.get(name) ?? []), decodeURIComponent(version)]);
  }
  return found;
}

/** When the lists were last updated, in ms since 1970; 0 for never. */
export function listsUpdatedMs(files: FileView): number {
  const places = ['/var/lib/apt/periodic/update-success-stamp', '/var/lib/apt/lists/partial', '/var/lib/apt/lists'];
  return Math.max(0, ...places.map((place) => files.follow(place)?.mtimeMs ?? 0));
}
