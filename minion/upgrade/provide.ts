import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { upgradeErrors } from '../../lib/errors/upgrade.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { asText } from '../../lib/json.ts';
import { realFiles } from '../../store/files.ts';
import type { Ask } from '../fetched-files.ts';
import { command } from './command.ts';
import { nameOf, toldVersion, versionOfBundle } from './layout.ts';

export interface ProvideOptions {
  readonly root: string;
  /** Of the bundle: from a signed job. */
  readonly sha256: string;
  /** The minion's config, which the new version has to understand. */
  readonly configDir: string;
  readonly ask: Ask;
  readonly signal: AbortSignal;
}

const UNPACK_MS = 5 * 60 * 1000;
const CHECK_MS = 60 * 1000;

/**
 * Sees to it that the version of a bundle is here, whole and on the disk, and that it runs with this minion's config; gives
 * its directory's name. Raises `TS_UPGRADE_WRONG_HASH`, `TS_UPGRADE_NOT_UNPACKED`, `TS_UPGRADE_DOES_NOT_RUN`, and what the
 * master answered as an error; then all is as it was.
 */
export async function provideVersion(options: ProvideOptions): Promise<string> {
  const { root, sha256, configDir, signal } = options;
  const name = versionOfBundle(root, sha256) ?? (await install(options));
  await check(path.join(root, name), name, configDir, signal);
  signal.throwIfAborted();
  return name;
}

async function install({ root, sha256, ask, signal }: ProvideOptions): Promise<string> {
  // What those left that were interrupted.
  for (const left of readdirSync(root).filter((entry) => entry.startsWith('.new.')))
    rmSync(path.join(root, left), { recursive: true, force: true });
  const fresh = mkdtempSync(path.join(root, '.new.'));
  try {
    const bundle = path.join(fresh, 'bundle');
    await fetchBundle(sha256, bundle, ask, signal);
    const tree = path.join(fresh, 'tree');
    mkdirSync(tree, { mode: 0o755 });
    chmodSync(tree, 0o755);
    const unpacked = await command('tar', ['-xzpf', bundle, '--no-same-owner', '-C', tree], UNPACK_MS, signal);
    if (!unpacked.ok) throw upgradeErrors.notUnpacked({ sha256, reason: unpacked.said });
    const name = nameIn(tree, sha256);
    syncTree(tree);
    closeSync(openSync(path.join(tree, '.complete'), 'w', 0o644));
    await realFiles.syncDirectory(tree);
    // One that is there and not whole was left by somebody who was interrupted.
    rmSync(path.join(root, name), { recursive: true, force: true });
    await rename(tree, path.join(root, name));
    await realFiles.syncDirectory(root);
    return name;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Fetches a bundle piece by piece, and leaves nothing of one that has another hash. */
async function fetchBundle(sha256: string, file: string, ask: Ask, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  const handle = openSync(file, 'wx', 0o600);
  try {
    for (let have = 0, total = 1; have < total;) {
      signal.throwIfAborted();
      const { data, bytes } = await ask('bundles.chunk', { sha256, offset: have });
      const part = Buffer.from(asText(data), 'base64');
      if (part.length === 0) break;
      writeSync(handle, part);
      hash.update(part);
      have += part.length;
      total = Number(bytes);
    }
  } finally {
    closeSync(handle);
  }
  const got = hash.digest('hex');
  if (got !== sha256) throw upgradeErrors.wrongHash({ sha256, got });
}

function nameIn(tree: string, sha256: string): string {
  let name: string | undefined;
  try {
    name = nameOf(toldVersion(tree), sha256);
  } catch (cause) {
    throw upgradeErrors.notUnpacked({ sha256, reason: messageOf(cause) });
  }
  if (name === undefined) throw upgradeErrors.notUnpacked({ sha256, reason: 'its package.json tells no version' });
  return name;
}

function syncTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const one = path.join(directory, entry.name);
    if (entry.isDirectory()) syncTree(one);
    else if (entry.isFile()) sync(one);
  }
  sync(directory);
}

function sync(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Whether it starts here at all, is what it says, and takes the config as it is. */
async function check(home: string, name: string, configDir: string, signal: AbortSignal): Promise<void> {
  const program = path.join(home, 'bin', 'tsalt');
  const told = await command(program, ['--version'], CHECK_MS, signal);
  const expected = `tsalt ${toldVersion(home)}`;
  if (!told.ok || told.stdout.trim() !== expected)
    throw upgradeErrors.doesNotRun({
      name,
      what: 'tsalt --version',
      reason: told.ok ? `it said ${told.said}` : told.said,
    });
  const call = ['call', '--local', '--config-dir', configDir, 'test.ping'];
  const called = await command(program, call, CHECK_MS, signal);
  if (!called.ok)
    throw upgradeErrors.doesNotRun({ name, what: "a call with this minion's config", reason: called.said });
}
