import { posix } from 'node:path';
import * as v from 'valibot';
import type { FileView, Step } from '../../lib/contracts/machine.ts';

/* What stands in a place that something else is to have, put aside under another name. */

/** A path, or a name in the same directory. */
export const backupNameArg = v.optional(
  v.pipe(
    v.string(),
    v.check((text) => /^(?:\/[^\0]*|[^/\0]+)$/.test(text) && !['.', '..'].includes(text), 'an absolute path or a name'),
  ),
);

export interface Aside {
  readonly path: string;
  /** Something has that name already. */
  readonly taken: boolean;
}

/** Where a thing goes that is put aside; undefined when it is not to be. */
export function readAside(files: FileView, name: string, backupname: string | undefined): Aside | undefined {
  if (backupname === undefined) return undefined;
  const path = posix.resolve(posix.dirname(name), backupname);
  return { path, taken: files.look(path) !== undefined };
}

export function asideSteps(name: string, { path, taken }: Aside): Step[] {
  return [...(taken ? [{ do: 'remove', path } as const] : []), { do: 'rename', path, from: name }];
}
