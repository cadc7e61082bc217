import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** How tsalt is started: the launcher that users have. */
export const tsalt: readonly string[] = [process.execPath, path.resolve(import.meta.dirname, '../../bin/tsalt.cjs')];

/** The environment of what is measured: none of Node's switches (extra certificates alone cost each start 50 ms). */
export function surroundings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')));
}

export interface Workplace {
  readonly directory: string;
  /** A config directory for tsalt, with nothing in it. */
  tsaltConfig(): string;
  /** A config directory for `salt-call --local` that keeps everything below this place. */
  saltConfig(): string;
  remove(): void;
}

/** A directory of its own for one bench. */
export function workplace(): Workplace {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bench-'));
  return {
    directory,
    tsaltConfig() {
      const etc = path.join(directory, 'etc');
      mkdirSync(etc, { recursive: true });
      return etc;
    },
    saltConfig() {
      const etc = path.join(directory, 'salt-etc');
      mkdirSync(etc, { recursive: true });
      const rest = {
        root_dir: path.join(directory, 'salt-root'),
        file_client: 'local',
        log_level: 'quiet',
        id: 'bench',
        file_roots: { base: [path.join(directory, 'states')] },
      };
      writeFileSync(path.join(etc, 'minion'), JSON.stringify(rest));
      return etc;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
