import { readdirSync } from 'node:fs';
import path from 'node:path';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { loadCurveKeys, saveCurveKeys } from '../key-files.ts';
import { generateCurveKeys, type CurveKeys } from '../keys.ts';
import { keyName, openSealed, readSealed } from './seal.ts';

/*
 * The keys that pillar is sealed to: `seal-1.pem`, `seal-2.pem` and so on in `pki_dir`. The one with the highest number
 * seals, all of them open.
 */

/** A key that pillar is sealed to. */
export interface SealKey {
  readonly file: string;
  readonly name: string;
  readonly keys: CurveKeys;
}

/** The keys in a directory, the one that seals first. None where there is no such directory. Raises `TS_WIRE_KEY_...`. */
export function sealKeys(folder: string): readonly SealKey[] {
  return numbersIn(folder).map((number) => {
    const file = fileOf(folder, number);
    const keys = loadCurveKeys(file);
    return { file, keys, name: keyName(keys.publicKey) };
  });
}

/** Makes a key, which seals from now on, safe on disk when it returns. */
export function makeSealKey(folder: string): SealKey {
  const keys = generateCurveKeys();
  const file = fileOf(folder, (numbersIn(folder)[0] ?? 0) + 1);
  saveCurveKeys(file, keys);
  return { file, keys, name: keyName(keys.publicKey) };
}

/** Gives the text that was sealed. Raises `TS_SECRET_...`, and `TS_WIRE_KEY_...` for keys that can't be read. */
export type OpenSealed = (sealed: string) => string;

/** Opens with the keys in these directories, which are read when the first sealed text comes by. */
export function openerOf(folders: readonly string[]): OpenSealed {
  let known: readonly SealKey[] | undefined;
  return (text) => {
    const sealed = readSealed(text);
    known ??= folders.flatMap(sealKeys);
    const own = known.find(({ name }) => name === sealed.key);
    if (own) return openSealed(sealed, own.keys);
    const there = known.map(({ name }) => name);
    const hint =
      there.length > 0
        ? `there ${there.length === 1 ? 'is' : 'are'} ${there.join(', ')}: put that key's file there too, or seal the value anew with 'tsalt pillar encrypt'`
        : "'tsalt pillar key' on the master whose pillar it is shows its keys: put the key's file there, or seal the value anew";
    throw secretErrors.noKey({ key: sealed.key, folders: folders.join(' or ') }, { hint });
  };
}

function fileOf(folder: string, number: number): string {
  return path.join(folder, `seal-${String(number)}.pem`);
}

/** The highest first. */
function numbersIn(folder: string): number[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  }
  return names
    .flatMap((name) => /^seal-([1-9]\d{0,8})\.pem$/.exec(name)?.slice(1) ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}
