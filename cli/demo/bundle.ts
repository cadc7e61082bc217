import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { demoErrors } from '../../lib/errors/demo.ts';
import { readBundleIndex, type BundleIndex } from '../../lib/bundle-index.ts';
import { packageRoot } from '../package-root.ts';

/**
 * Makes the bundle for machines like this one in `directory` (some 10 s; Node is fetched once and kept), and gives its hash.
 * Raises `TS_DEMO_NO_BUNDLE`.
 */
export async function makeBundle(directory: string): Promise<BundleIndex['bundles']> {
  const script = path.join(packageRoot(), 'scripts/minion-bundle.mjs');
  if (!existsSync(script)) throw demoErrors.noBundle({ reason: 'this is no checkout of tsalt, only its package' });
  const args = [script, '--arch', process.arch, '--out', directory, '--level', '1'];
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, args, (error, _, stderr) =>
      error ? reject(demoErrors.noBundle({ reason: stderr.trim().slice(-2000) || error.message })) : resolve(),
    );
  });
  return readBundleIndex(directory).bundles;
}
