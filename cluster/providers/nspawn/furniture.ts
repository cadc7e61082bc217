import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where machines see the directory of packages that they can install. */
export const packagesInside = '/srv/packages';

/** Files of the image, by path: what they hold. */
export const furniture = {
  directories: [packagesInside.slice(1), 'var/log/journal'],
  files: {
    // systemd makes a new one at a boot that finds this empty; ours come with the machine.
    'etc/machine-id': '',
    // There is no name server: a name that /etc/hosts lacks fails at once instead of after a time-out.
    'etc/resolv.conf': '',
    'etc/apt/sources.list': `deb [trusted=yes] file:${packagesInside} ./\n`,
    'etc/apt/apt.conf.d/90machine': 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
    'etc/cloud/cloud.cfg.d/90_machine.cfg': [
      'datasource_list: [NoCloud]',
      'network: {config: disabled}',
      'locale: false',
      '',
    ].join('\n'),
  },
  // They take dpkg's lock at times of their own, or wait for terminals that are not there.
  masked: [
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
    'console-getty.service',
    'systemd-networkd-wait-online.service',
  ],
} as const;

/** Makes a fresh Debian an image of machines. */
export function furnish(root: string): void {
  rmSync(path.join(root, 'etc/hostname'), { force: true });
  rmSync(path.join(root, 'etc/apt/sources.list.d'), { recursive: true, force: true });
  for (const name of furniture.directories) mkdirSync(path.join(root, name), { recursive: true });
  for (const [name, text] of Object.entries(furniture.files)) {
    rmSync(path.join(root, name), { force: true });
    writeFileSync(path.join(root, name), text);
  }
  for (const unit of furniture.masked) symlinkSync('/dev/null', path.join(root, 'etc/systemd/system', unit));
}
