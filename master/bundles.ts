import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import path from 'node:path';
import { bundlesIn, readBundleIndex } from '../lib/bundle-index.ts';
import type { PublishRequest } from '../lib/contracts/reactor.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { upgradeErrors } from '../lib/errors/upgrade.ts';
import { CHUNK_BYTES } from '../lib/file-tree.ts';
import { asText, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { UPDATE } from '../lib/upgrades.ts';

export interface Bundles {
  /**
   * Up to 128 KiB of the bundle with this hash, from `offset`: `{data (base64), bytes}`. Raises
   * `TS_UPGRADE_UNKNOWN_BUNDLE`.
   */
  chunk(sha256: string, offset: number): JsonMap;
  /**
   * A job that is to be published; to one that updates minions the hashes of the bundles are added, so that they are signed
   * with it. Raises `TS_UPGRADE_NO_SUCH_VERSION`, `TS_CLUSTER_NO_BUNDLE`.
   */
  completed<T extends Pick<PublishRequest, 'fun' | 'arg' | 'kwarg'>>(request: T): T;
}

/** The bundles of `bundle_dir`, for minions that are to be upgraded. */
export function bundleStore(directory: string): Bundles {
  function hashesOf(version: unknown): JsonMap {
    if (version === undefined || version === null) return { ...readBundleIndex(directory).bundles };
    const wanted = asText(version);
    // It is of one architecture, and no other machine can run it.
    if (bundlesIn(directory).includes(`${wanted}.tar.gz`)) return { x64: wanted, arm64: wanted };
    const index = readBundleIndex(directory);
    if (index.version === wanted) return { ...index.bundles };
    throw upgradeErrors.noSuchVersion(
      { version: wanted, known: `bundles.json is of ${index.version}` },
      {
        hint: didYouMean(nearest(wanted, [index.version])) ?? 'the SHA-256 of any other bundle in bundle_dir names it',
      },
    );
  }

  return {
    chunk(sha256, offset) {
      const name = bundlesIn(directory).find((one) => one === `${sha256}.tar.gz`);
      if (name === undefined) throw upgradeErrors.unknownBundle({ sha256: sha256.slice(0, 64) });
      const handle = openSync(path.join(directory, name), 'r');
      try {
        const { size } = fstatSync(handle);
        const data = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, size - offset)));
        const bytes = readSync(handle, data, 0, data.length, offset);
        return { data: data.subarray(0, bytes).toString('base64'), bytes: size };
      } finally {
        closeSync(handle);
      }
    },
    completed(request) {
      const { fun, arg = [], kwarg = {} } = request;
      if (fun !== UPDATE || kwarg['bundles'] !== undefined) return request;
      return { ...request, kwarg: { ...kwarg, bundles: hashesOf(arg[0] ?? kwarg['version']) } };
    },
  };
}
