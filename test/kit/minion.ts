import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { JsonMap } from '../../lib/json.ts';
import { connectLocal } from '../../wire/local/client.ts';
import { daemon, type Daemon, type StartOptions } from './daemon.ts';

/** A minion: a process that manages a directory of its own. */
export interface Minion extends Daemon {
  readonly id: string;
  /** The directory that it manages, as `root:` says. */
  readonly root: string;
  /** What `status` of its own socket says. */
  status(): Promise<JsonMap>;
}

/** How a minion differs from a plain one. */
export interface MinionOptions {
  readonly token?: string;
  /** Where it finds the master, when there is something between them. */
  readonly port?: number;
  readonly config?: JsonMap;
  /** How its first process is started. */
  readonly how?: StartOptions;
}

/** A minion that keeps everything under `home`. It is not started yet. */
export function minionOf(
  home: string,
  id: string,
  master: { readonly master_port: number; readonly master_key: string },
  { token, port, config = {} }: MinionOptions,
): Minion {
  const root = path.join(home, 'root');
  mkdirSync(root, { recursive: true });
  const made = daemon('minion', home, {
    id,
    master: '127.0.0.1',
    ...master,
    ...(port === undefined ? {} : { master_port: port }),
    root,
    allow_commands_outside_root: true,
    ...(token === undefined ? {} : { enrolment_token: token }),
    ...config,
  });
  return {
    ...made,
    id,
    root,
    async status() {
      const own = await connectLocal('minion', path.join(home, 'run/minion.sock'));
      return (await own.call('status').finally(() => own.close())) as JsonMap;
    },
  };
}
