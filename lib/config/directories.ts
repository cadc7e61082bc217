import path from 'node:path';

/** Where things are for whoever runs tsalt, when config says nothing else. */
export interface Directories {
  /** Holds `master`, `minion` and their `.d` directories. */
  readonly config: string;
  /** What has to survive a restart. */
  readonly state: string;
  /** Sockets and process numbers: gone after a boot. */
  readonly run: string;
  /** The state tree, pillar and reactor files. */
  readonly trees: string;
}

export interface Person {
  readonly uid: number;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const system: Directories = { config: '/etc/tsalt', state: '/var/lib/tsalt', run: '/run/tsalt', trees: '/srv/tsalt' };

/**
 * The system's places for root, and for who reads the system's config (a service with a user of its own); the XDG base
 * directories for anyone else.
 */
export function directoriesOf({ uid, home, env }: Person, configDir?: string): Directories {
  if (uid === 0 || configDir === system.config) return system;
  // The XDG rule: what is not an absolute path counts as not set.
  const xdg = (name: string, ...otherwise: string[]) => {
    const said = env[name];
    return path.join(said !== undefined && path.isAbsolute(said) ? said : path.join(home, ...otherwise), 'tsalt');
  };
  const state = xdg('XDG_STATE_HOME', '.local', 'state');
  return {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    state,
    run: env.XDG_RUNTIME_DIR ? xdg('XDG_RUNTIME_DIR') : path.join(state, 'run'),
    trees: xdg('XDG_DATA_HOME', '.local', 'share'),
  };
}
