import * as v from 'valibot';
import type { FileStep, FileView, Step } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';
import {
  groupLink,
  groupText,
  readAlternatives,
  type Alternatives,
  type Group,
} from '../../lib/system/alternatives.ts';

export const groupName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/, 'the name of a group of alternatives, such as editor'),
);

export const path = v.pipe(v.string(), v.regex(/^\/[^\r\n\0]*$/, 'an absolute path'));

export interface GroupFacts extends Alternatives {
  readonly problem?: string | undefined;
}

export function readGroup(name: string, files: FileView): GroupFacts {
  const problem = lacking(files, 'update-alternatives', 'Choosing alternatives', 'dpkg');
  return { ...readAlternatives(files, name), problem };
}

/** A command of update-alternatives, after which a group is this one; undefined when it is gone. */
export function run(options: readonly string[], { folder, group: old }: Alternatives, next: Group | undefined): Step {
  const name = next?.name ?? old?.name ?? '';
  const foretells: FileStep[] = next
    ? [
        { do: 'write', path: `${folder}/${name}`, content: Buffer.from(groupText(next)) },
        { do: 'symlink', path: groupLink(name), target: next.current ?? '' },
        { do: 'symlink', path: next.link, target: groupLink(name) },
      ]
    : [`${folder}/${name}`, groupLink(name), old?.link ?? ''].map((gone) => ({ do: 'remove', path: gone }));
  return { do: 'run', command: { argv: ['update-alternatives', ...options] }, must: true, foretells };
}
