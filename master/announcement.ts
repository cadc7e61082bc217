import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig } from '../lib/config/options.ts';

/** What `<sock_dir>/master.json` says: the ports really taken, and the key that minions pin. */
export interface Announcement {
  readonly publish_port: number;
  readonly ret_port: number;
  /** 0 while no bundles are served. */
  readonly bundle_port: number;
  readonly master_key: string;
  readonly fingerprint: string;
}

/** Says on disk that a master runs here: `master.json` and the pid file. The answer takes both away. */
export function announce(config: MasterConfig, announcement: Announcement): () => void {
  const { pid } = process;
  const files = new Map([[path.join(config.sock_dir, 'master.json'), JSON.stringify({ pid, ...announcement })]]);
  if (config.pidfile !== '') files.set(config.pidfile, `${pid}\n`);
  for (const [file, text] of files) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text, { mode: 0o644 });
    renameSync(`${file}.new`, file);
  }
  return () => {
    for (const file of files.keys()) rmSync(file, { force: true });
  };
}
