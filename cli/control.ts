import path from 'node:path';
import { loadMasterConfig, type Loaded } from '../lib/config/load.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import type { JsonMap } from '../lib/json.ts';
import { TsaltError } from '../lib/errors/error.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';
import { MASTER_SOCKET, OWNER_SOCKET } from '../wire/local/names.ts';
import type { Io } from './io.ts';

/** Options of every verb that talks to a running master. */
export const controlOptions = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
  'operator-key': { value: 'FILE', help: 'the key to show a master that names its operators (or TSALT_OPERATOR_KEY)' },
} as const;

interface ConfigOption {
  readonly 'config-dir'?: string | undefined;
  readonly 'operator-key'?: string | undefined;
}

/** The config of the master of this machine; `flags` are options of it that the command line says. */
export function masterConfig(options: ConfigOption, io: Io, flags: JsonMap = {}): Loaded<MasterConfig> {
  return loadMasterConfig({ configDir: options['config-dir'], env: io.env, flags });
}

/**
 * Connects to the master of this machine: as its owner where that is possible and no key was said, else with an
 * operator's key where there is one. Raises `TS_CONTROL_UNREACHABLE`, `TS_CONTROL_DENIED`, and what is wrong with the key.
 */
export async function connectMaster(
  options: ConfigOption,
  io: Io,
  { config, configDir }: Pick<Loaded<MasterConfig>, 'config' | 'configDir'> = masterConfig(options, io),
): Promise<LocalClient> {
  const hint = `is it running? 'tsalt master' starts it; this one was looked for by the config in ${configDir}`;
  const said = saidKey(options, io);
  const owner = said === undefined ? await asOwner(path.join(config.sock_dir, OWNER_SOCKET)) : undefined;
  if (owner) return owner;
  const socketPath = path.join(config.sock_dir, MASTER_SOCKET);
  const control = await connectLocal('master', socketPath, hint);
  try {
    const { keyFileOf, proveWith } = await import('./operator-key.ts');
    const keyFile = keyFileOf(said, io);
    if (keyFile !== undefined) await proveWith(keyFile, control, socketPath);
    return control;
  } catch (thrown) {
    control.close();
    throw thrown;
  }
}

/** The key file that somebody says, and how. */
function saidKey(options: ConfigOption, io: Io): { readonly path: string; readonly by: string } | undefined {
  const [variable, option] = ['TSALT_OPERATOR_KEY', 'operator-key'] as const;
  if (options[option] !== undefined) return { path: options[option], by: `--${option}` };
  const file = io.env[variable];
  return file === undefined ? undefined : { path: file, by: variable };
}

/** Undefined for who may not, and where there is no such socket. */
async function asOwner(socketPath: string): Promise<LocalClient | undefined> {
  try {
    return await connectLocal('master', socketPath);
  } catch (thrown) {
    if (thrown instanceof TsaltError) return undefined;
    throw thrown;
  }
}

/** Resolves to the exit code of an interrupted command once Ctrl-C is pressed. */
export function interrupted(io: Io): Promise<number> {
  return new Promise((resolve) => {
    if (io.interrupted.aborted) resolve(130);
    io.interrupted.addEventListener('abort', () => resolve(130), { once: true });
  });
}
