import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findInGrains } from '../../lib/config/grains.ts';
import { isJsonMap, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { writeWhole } from '../../lib/write-whole.ts';
import { sentFiles, type CustomCode } from './code.ts';
import type { CustomPlugin } from './index-file.ts';
import { problemOf } from './registries.ts';
import { inTurns, problemText, type SentFile } from './turns.ts';

/** What grains are gathered with: `grains` are those that tsalt found itself. */
export interface GatherOptions {
  readonly id: string;
  readonly opts: JsonMap;
  readonly grains: JsonMap;
  readonly root: string;
}

/** Where the grains that were gathered last are kept for the minion and its jobs. */
const fileIn = (cachedir: string): string => path.join(cachedir, 'custom', 'grains.json');

/** The operator's own grains as they were gathered last; nothing where none were. */
export function keptGrains(cachedir: string): JsonMap {
  try {
    const kept: unknown = JSON.parse(readFileSync(fileIn(cachedir), 'utf8'));
    return isJsonMap(kept) ? kept : {};
  } catch {
    // What can't be read is gathered anew at the next start.
    return {};
  }
}

/** Raises Node's errors. */
function keepGrains(cachedir: string, grains: JsonMap): void {
  const file = fileIn(cachedir);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, JSON.stringify(grains));
}

/**
 * Has what is at hand of an operator's grains gathered anew, and keeps that for the minion and its jobs. Gives what makes them
 * part of all grains.
 */
export async function grainsAnew(
  code: CustomCode | undefined,
  cachedir: string,
  { log, ...given }: Omit<GatherOptions, 'grains'> & { readonly log: Log },
): Promise<(found: JsonMap) => JsonMap> {
  const own = code ? grainPlugins(code) : [];
  if (!code || own.length === 0) {
    if (Object.keys(keptGrains(cachedir)).length > 0) keepGrains(cachedir, {});
    return () => ({});
  }
  const files = await sentFiles(
    code,
    own.map(({ environment }) => environment),
  );
  return (grains) => {
    const gathered = gatherGrains(own, files, { ...given, grains }, log);
    keepGrains(cachedir, gathered);
    return gathered;
  };
}

/** The files that have grains in them. */
export function grainPlugins({ index }: Pick<CustomCode, 'index'>): readonly CustomPlugin[] {
  return index.plugins.filter(({ kind }) => kind === 'grains');
}

/**
 * Has the operator's own code gather grains, in a process of its own; `files` are those of its environments. A file that
 * fails is logged, and its grains are left out.
 */
export function gatherGrains(
  own: readonly CustomPlugin[],
  files: readonly SentFile[],
  given: GatherOptions,
  log: Log,
): JsonMap {
  const sound = own.filter((plugin) => {
    const reason = problemOf(plugin);
    if (reason !== undefined) log('error', 'grains of the state tree are left out', { file: plugin.path, reason });
    return reason === undefined;
  });
  const results = inTurns({ what: 'gather', files, given }, sound);
  const gathered: JsonMap = {};
  for (const [at, result] of results.entries()) {
    const found = 'value' in result && isJsonMap(result.value) ? result.value : {};
    const reason = 'errors' in result ? problemText(result.errors) : findInGrains(found)[0]?.error().message;
    if (reason === undefined) Object.assign(gathered, found);
    else log('error', 'grains of the state tree are left out', { file: sound[at]?.path ?? '', reason });
  }
  return gathered;
}
