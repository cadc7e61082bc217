import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';
import type { Tree } from '../../states/engine/tree.ts';

/** Runs `tsalt call --local ... --out json` with nothing but the given directories. */
export async function run(
  config: string,
  states: string,
  words: readonly string[],
): Promise<{ out: string; err: string; code: number }> {
  // A cache of its own: state runs of one cache wait for each other.
  const io = { ...captured(config), env: { TSALT_CACHEDIR: path.join(config, 'cache') } };
  const pillar = path.join(config, 'pillar');
  mkdirSync(pillar, { recursive: true });
  const options = ['--config-dir', config, '--file-root', states, '--pillar-root', pillar];
  const code = await main(['call', '--local', '--id', 'web1', '--out', 'json', ...options, ...words], io);
  return { ...io.printed, code };
}

/** Runs `tsalt call --local ... --out json` with a config of one's own, in a directory of its own. */
export async function runConfigured(
  config: string,
  minion: Readonly<Record<string, unknown>>,
  words: readonly string[],
): Promise<{ out: string; err: string; code: number }> {
  write(config, { minion: JSON.stringify({ id: 'web1', file_client: 'local', ...minion }) });
  const io = { ...captured(config), env: { TSALT_CACHEDIR: path.join(config, 'cache') } };
  const code = await main(['call', '--local', '--out', 'json', '--config-dir', config, ...words], io);
  return { ...io.printed, code };
}

/** Writes files below a directory. */
export function write(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
}

/** A command line's outside that keeps what is printed. */
export function captured(cwd: string): Io & { readonly printed: { out: string; err: string } } {
  const printed = { out: '', err: '' };
  return {
    printed,
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 80,
    env: {},
    cwd,
    interrupted: new AbortController().signal,
  };
}

/** A tree of files that are at hand, or that come later. */
export function treeOf(files: Readonly<Record<string, string>>, later = false): Tree {
  const bytesOf = (path: string) => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    return text === undefined ? undefined : Buffer.from(text);
  };
  return {
    read: (path) => (later ? Promise.resolve(bytesOf(path)) : bytesOf(path)),
    has: (path) => Object.hasOwn(files, path),
    list: (folder) => {
      const below = folder === '' ? '' : `${folder}/`;
      const inside = Object.keys(files).filter((path) => path.startsWith(below));
      return inside.map((path) => path.slice(below.length)).sort();
    },
    shown: (path) => `salt://${path}`,
  };
}
