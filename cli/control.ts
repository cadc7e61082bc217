import path from 'node:path';
import { loadMasterConfig, type Loaded } from '../lib/config/load.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import type { JsonMap } from '../lib/json.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';
import type { Io } from './io.ts';

/** Options of every verb that talks to a running master. */
export const controlOptions = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
} as const;

interface ConfigOption {
  readonly 'config-dir'?: string | undefined;
}

/** The config of the master of this machine; `flags` are options of it that the command line says. */
export function masterConfig(options: ConfigOption, io: Io, flags: JsonMap = {}): Loaded<MasterConfig> {
  return loadMasterConfig({ configDir: options['config-dir'], env: io.env, flags });
}

/** Connects to the master of this machine. Raises `TS_CONTROL_UNREACHABLE`, `TS_CONTROL_DENIED`. */
export async function connectMaster(
  options: ConfigOption,
  io: Io,
  { config, configDir }: Pick<Loaded<MasterConfig>, 'config' | 'configDir'> = masterConfig(options, io),
): Promise<LocalClient> {
  const hint = `is it running? 'tsalt master' starts it; this one was looked for by the config in ${configDir}`;
  return connectLocal('master', path.join(config.sock_dir, 'master.sock'), hint);
}

/** Resolves to the exit code of an interrupted command once Ctrl-C is pressed. */
export function interrupted(io: Io): Promise<number> {
  return new Promise((resolve) => {
    if (io.interrupted.aborted) resolve(130);
    io.interrupted.addEventListener('abort', () => resolve(130), { once: true });
  });
}
