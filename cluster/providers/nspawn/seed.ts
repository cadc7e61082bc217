import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Identity {
  readonly id: string;
  /** 32 hexadecimal digits, as machine-id(5) wants them. */
  readonly machineId: string;
  /** What cloud-init is given, byte for byte. */
  readonly userData: string;
}

/**
 * Writes what makes a machine this one into `upper`, the files that it has over the image's: its name, its machine-id, and
 * what cloud-init's NoCloud data source reads (a new instance-id, so that all of cloud-init runs at the first boot).
 */
export function writeSeed(upper: string, { id, machineId, userData }: Identity): void {
  const seed = path.join(upper, 'var/lib/cloud/seed/nocloud');
  mkdirSync(seed, { recursive: true });
  mkdirSync(path.join(upper, 'etc'), { recursive: true });
  writeFileSync(path.join(upper, 'etc/machine-id'), `${machineId}\n`);
  writeFileSync(path.join(upper, 'etc/hostname'), `${id}\n`);
  writeFileSync(
    path.join(upper, 'etc/hosts'),
    `127.0.0.1\tlocalhost\n127.0.1.1\t${id}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
  );
  writeFileSync(path.join(seed, 'meta-data'), `instance-id: ${machineId}\nlocal-hostname: ${id}\n`);
  writeFileSync(path.join(seed, 'user-data'), userData, { mode: 0o600 });
}
