import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const launcher = path.resolve(import.meta.dirname, '..', '..', '..', 'bin', 'tsalt.cjs');

/** A bundle that is as small as can be: it says another version, and runs the tsalt that was built. */
export interface SmallBundle {
  readonly version: string;
  readonly sha256: string;
  readonly file: string;
  /** What its directory is named once it is installed. */
  readonly name: string;
}

/** Makes a bundle in `directory`. `instead`: lines of shell that run first, with the words of the command line. */
export function smallBundle(directory: string, version: string, instead = ''): SmallBundle {
  const tree = mkdtempSync(path.join(directory, 'tree-'));
  for (const folder of ['bin', 'lib']) mkdirSync(path.join(tree, folder));
  writeFileSync(path.join(tree, 'package.json'), JSON.stringify({ name: 'tsalt', version }));
  writeFileSync(path.join(tree, 'lib', 'tsalt.cjs'), `require(${JSON.stringify(launcher)});\n`);
  writeFileSync(
    path.join(tree, 'bin', 'tsalt'),
    `#!/bin/sh
[ "$1" != --version ] || { echo 'tsalt ${version}'; exit; }
${instead}
exec '${process.execPath}' "\${0%/*}/../lib/tsalt.cjs" "$@"
`,
  );
  chmodSync(path.join(tree, 'bin', 'tsalt'), 0o755);
  const made = path.join(directory, 'made.tar.gz');
  const { status, stderr } = spawnSync('tar', ['-czf', made, '-C', tree, '.'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  rmSync(tree, { recursive: true });
  const bytes = readFileSync(made);
  rmSync(made);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = path.join(directory, `${sha256}.tar.gz`);
  writeFileSync(file, bytes);
  return { version, sha256, file, name: `${version}-${sha256.slice(0, 12)}` };
}

/** Says in bundles.json that this bundle is the newest, for the machine that runs the test. */
export function offer(directory: string, { version, sha256 }: SmallBundle): void {
  writeFileSync(
    path.join(directory, 'bundles.json'),
    JSON.stringify({ version, bundles: { x64: sha256, arm64: sha256 } }),
  );
}

/** Installs a bundle below `root` as the installer does, and makes it the one that runs. */
export function installSmall(root: string, { file, name }: SmallBundle): void {
  const home = path.join(root, name);
  mkdirSync(home, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xzf', file, '-C', home], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  writeFileSync(path.join(home, '.complete'), '');
  symlinkSync(name, path.join(root, 'current'));
}
