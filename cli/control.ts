import path from 'node:path';
import { loadMasterConfig } from '../lib/config/load.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';
import type { Io } from './io.ts';

/** Options of every verb that talks to a running master. */
export const controlOptions = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
} as const;

/** Connects to the master of this machine. Raises `TS_CONTROL_UNREACHABLE`, `TS_CONTROL_DENIED`. */
export async function connectMaster(
  options: { readonly 'config-dir'?: string | undefined },
  io: Io,
): Promise<LocalClient> {
  const { config, configDir } = loadMasterConfig({ configDir: options['config-dir'], env: io.env });
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
