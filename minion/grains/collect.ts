import { builtin } from '../../lib/builtin.ts';
import path from 'node:path';
import { configFiles, type ConfigFiles } from '../../lib/config/files.ts';
import { readGrainsText } from '../../lib/config/grains.ts';
import type { JsonMap } from '../../lib/json.ts';
import { distributionGrains } from './distribution.ts';
import { hardwareGrains } from './hardware.ts';
import { networkGrains } from './network.ts';
import { systemSource, type GrainSource } from './source.ts';
import { systemGrains } from './system.ts';
import { virtualGrains } from './virtual.ts';

export interface GrainOptions {
  /** The minion's config, as far as grains tell of it. */
  readonly config: { readonly id: string; readonly master: string; readonly root: string; readonly grains: JsonMap };
  /** Holds the file `grains`. */
  readonly configDir: string;
  /** tsalt's own version. */
  readonly version: string;
  readonly source?: GrainSource;
  readonly files?: ConfigFiles;
  /** Gives the operator's own grains (`_grains/`), told what was found. */
  readonly gather?: ((found: JsonMap) => JsonMap) | undefined;
}

/**
 * All grains of this machine, by Salt's names. The operator's own go over what was found: first those of `_grains/`, then
 * those of the file `grains` beside the config, then those of the config. Raises what `readGrainsText` does for that file.
 */
export function collectGrains(options: GrainOptions): JsonMap {
  const { config, version, gather } = options;
  const source = options.source ?? systemSource(config.root);
  const found = {
    ...systemGrains(source),
    ...distributionGrains(source),
    ...hardwareGrains(source),
    ...virtualGrains(source),
    ...networkGrains(source),
    id: config.id,
    master: config.master,
    server_id: serverId(config.id),
    tsaltversion: version,
  };
  return { ...found, ...gather?.(found), ...grainsFile(options), ...config.grains };
}

function grainsFile({ configDir, files = configFiles }: GrainOptions): JsonMap {
  const file = path.join(configDir, 'grains');
  const text = files.read(file);
  if (text === undefined) return {};
  return readGrainsText(file, text);
}

/** Salt's number for a server: the id's SHA-256, modulo 2^31. */
function serverId(id: string): number {
  const digest = builtin('node:crypto').createHash('sha256').update(id).digest('hex');
  return Number(BigInt(`0x${digest}`) % 2n ** 31n);
}
