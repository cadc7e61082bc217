import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { version as ownVersion } from '../../lib/version.ts';
import type { SmallBundle } from '../kit/versions.ts';

function run(file: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** The same program as another version. `first`: lines of shell that run first, with the words of the command line. */
export function anotherVersion(folder: string, sha256: string, version: string, first = ''): SmallBundle {
  const tree = path.join(folder, `tree-${version}`);
  mkdirSync(tree);
  run('tar', '-xzf', path.join(folder, `${sha256}.tar.gz`), '-C', tree);
  replace(path.join(tree, 'package.json'), `"${ownVersion}"`, `"${version}"`);
  replace(path.join(tree, 'lib', 'program.cjs'), `version = "${ownVersion}"`, `version = "${version}"`);
  replace(path.join(tree, 'bin', 'tsalt'), '#!/bin/sh\n', `#!/bin/sh\n${first}\n`);
  const made = path.join(folder, 'made.tar.gz');
  run('tar', '--use-compress-program=gzip -1', '--owner=0', '--group=0', '-cf', made, '-C', tree, '.');
  rmSync(tree, { recursive: true });
  const hash = createHash('sha256').update(readFileSync(made)).digest('hex');
  const file = path.join(folder, `${hash}.tar.gz`);
  renameSync(made, file);
  return { version, sha256: hash, file, name: `${version}-${hash.slice(0, 12)}` };
}

function replace(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(file, text.replaceAll(from, to));
}
