import type { FileView } from '../contracts/machine.ts';

const zones = '/usr/share/zoneinfo';

export const zoneName = /^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/;

export const zoneFile = (name: string): string => `${zones}/${name}`;

/** The zone of the machine: where /etc/localtime leads, or what Debian notes in /etc/timezone; undefined when neither tells. */
export function readZone(files: FileView): string | undefined {
  const target = files.look('/etc/localtime')?.target ?? '';
  const at = target.indexOf('zoneinfo/');
  if (at !== -1) return target.slice(at + 'zoneinfo/'.length);
  return readNote(files);
}

/** What Debian notes in /etc/timezone. */
export function readNote(files: FileView): string | undefined {
  if (files.follow('/etc/timezone')?.kind !== 'file') return undefined;
  return files.read('/etc/timezone').toString('utf8').trim();
}

/** Whether the hardware clock keeps UTC, from adjtime_config(5); it does where nobody says otherwise. */
export function hardwareClockIsUtc(files: FileView): boolean {
  if (files.follow('/etc/adjtime')?.kind !== 'file') return true;
  return files.read('/etc/adjtime').toString('utf8').split('\n')[2]?.trim() !== 'LOCAL';
}
