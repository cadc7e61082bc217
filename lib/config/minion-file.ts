import path from 'node:path';
import type { FileStep, Reading } from '../contracts/machine.ts';
import { asText, type Json } from '../json.ts';
import { textOf } from '../text.ts';
import { editDocument } from './document.ts';

/** A file beside the minion's config that states may write. */
export interface MinionFile {
  /** Why it is nothing to write to, as a sentence. */
  readonly problem?: string | undefined;
  readonly path: string;
  readonly hasFolder: boolean;
  /** Empty when there is none. */
  readonly text: string;
}

/** The file of this name in the minion's config directory. `what` are things in it, in a sentence. Raises `TS_TEXT_NOT_UTF8`. */
export function minionFile({ opts, files }: Reading, name: string, what: string): MinionFile {
  const { root = '/', config_dir: folder } = opts;
  const place = path.join(typeof folder === 'string' ? folder : '/etc/tsalt', name);
  const problem =
    typeof folder !== 'string'
      ? 'It is not known where the config of this minion is'
      : root === '/'
        ? undefined
        : `${what} are of the machine that the minion runs on: they can't be set for the tree under ${asText(root)}`;
  if (problem !== undefined) return { problem, path: place, hasFolder: false, text: '' };
  const text = files.follow(place) ? textOf(files.read(place), place) : '';
  return { path: place, hasFolder: files.follow(path.dirname(place)) !== undefined, text };
}

/** The steps that have the file hold a value at these keys (undefined: nothing there); all else in it stays. */
export function editMinionFile(
  file: MinionFile,
  keys: readonly [string, ...string[]],
  value: Json | undefined,
): FileStep[] {
  const made = editDocument(file.path, file.text, keys, value);
  return [
    ...(file.hasFolder ? [] : [{ do: 'mkdir', path: path.dirname(file.path), parents: true } as const]),
    { do: 'write', path: file.path, content: Buffer.from(made) },
  ];
}
