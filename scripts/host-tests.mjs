// The tests that boot real Debian machines. They need root, Debian and some tools: on Debian as root a missing tool is a
// failure that says what to install, elsewhere they are skipped.
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ava } from './ava.mjs';

/** What is run, and the Debian package it is in. */
const tools = {
  'apt-ftparchive': 'apt-utils',
  bridge: 'iproute2',
  'carbon-cache': 'graphite-carbon',
  ip: 'iproute2',
  journalctl: 'systemd',
  mmdebstrap: 'mmdebstrap',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'systemd-nspawn': 'systemd-container',
};

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function isInstalled(tool) {
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why they can't be expected to run here; undefined where they can. */
export function reasonToSkip() {
  if (process.platform !== 'linux') return `this is ${process.platform}`;
  const release = readFileSync('/etc/os-release', 'utf8');
  if (!/^ID="?debian"?$/m.test(release)) return 'this is not Debian';
  return process.getuid() === 0 ? undefined : 'not run as root';
}

/** Gives `{ code, passed, failed, skipped }`, as `ava` does. */
export async function hostTests(args) {
  const reason = reasonToSkip();
  if (reason !== undefined) {
    console.log(`\n  Host tests skipped: ${reason}. They boot real machines, which takes Debian and root.\n`);
    return { code: 0, passed: 0, failed: 0, skipped: 0 };
  }
  const packages = [...new Set(Object.keys(tools).flatMap((tool) => (isInstalled(tool) ? [] : [tools[tool]])))];
  if (packages.length > 0) {
    console.error(`\n  Host tests failed: first run\n\n    apt-get install ${packages.join(' ')}\n`);
    return { code: 1, passed: 0, failed: 1, skipped: 0 };
  }
  console.log('\nHost tests, on real Debian machines:');
  const result = await ava(['--config', 'ava.host.config.js', ...args]);
  // A test file that was killed ran no teardown.
  const { sweep } = await import('../dist/test/host/kit.js');
  await sweep();
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exit((await hostTests(process.argv.slice(2))).code);
