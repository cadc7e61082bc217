import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { clusterErrors } from './errors/cluster.ts';
import { asText, isMap, type JsonMap } from './json.ts';

/*
 * A directory of bundles, as scripts/minion-bundle.mjs makes it: `<sha256>.tar.gz`, and bundles.json, which says which of
 * them is the newest for each architecture.
 */

export type Architecture = 'x64' | 'arm64';

export interface BundleIndex {
  readonly version: string;
  /** SHA-256 by architecture; there is at least one. */
  readonly bundles: Partial<Readonly<Record<Architecture, string>>>;
}

const asMap = (value: unknown): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const bundleName = /^[0-9a-f]{64}\.tar\.gz$/;

/** The names of the bundles in a directory; none where it is not there. */
export function bundlesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => bundleName.test(name));
  } catch {
    // No bundles have been put there yet.
    return [];
  }
}

/** What bundles.json says. Raises `TS_CLUSTER_NO_BUNDLE`. */
export function readBundleIndex(directory: string): BundleIndex {
  const noBundle = (reason: string, cause?: unknown) =>
    clusterErrors.noBundle(
      { directory, reason },
      { cause, hint: `npm run bundles -- --out ${directory}   makes them` },
    );
  let index: unknown;
  try {
    index = JSON.parse(readFileSync(path.join(directory, 'bundles.json'), 'utf8'));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw noBundle(isMissing ? 'there is no bundles.json' : "its bundles.json can't be read", cause);
  }
  const named = asMap(asMap(index).bundles);
  const bundles = Object.fromEntries(
    (['x64', 'arm64'] as const).flatMap((arch) => (typeof named[arch] === 'string' ? [[arch, named[arch]]] : [])),
  );
  if (Object.keys(bundles).length === 0) throw noBundle('its bundles.json names none');
  return { version: asText(asMap(index).version), bundles };
}
