import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { messageOf } from '../../lib/errors/error.ts';

/* A file's attributes on ext4 and its kin (chattr(1)). */

export const attrsArg = v.optional(
  v.pipe(v.string(), v.regex(/^[aAcCdDijPsStTu]*$/, "letters that chattr knows, such as 'i' or 'aA'")),
);

/** Nothing of such a file can be changed, or only what is added at its end. */
const locks = 'ia';

/** The attributes a file has of those that can be given and taken; a sentence when that can't be told. */
export async function readAttributes({ processes }: Reading, path: string): Promise<{ letters: string } | string> {
  try {
    const { code, stdout, stderr } = await processes.run({ argv: ['lsattr', '-d', '--', path] });
    if (code !== 0) return `attrs: ${stderr.trim() || `lsattr ended with code ${code}`}`;
    return { letters: (/^\S*/.exec(stdout)?.[0] ?? '').replace(/[^aAcCdDijPsStTu]/g, '') };
  } catch (error) {
    return `attrs needs the programs lsattr and chattr (Debian's package e2fsprogs): ${messageOf(error)}`;
  }
}

/** What of the wanted attributes is not so yet: letters to add and to take; undefined when all is right. */
export function attributeChanges(
  has: string,
  wanted: string,
): { readonly add: string; readonly take: string } | undefined {
  const [add, take] = [without(wanted, has), without(has, wanted)];
  return add === '' && take === '' ? undefined : { add, take };
}

/** What has to go before a file that has these attributes can be written. */
export function unlock(path: string, has: string): Step[] {
  const letters = without(has, withoutLocks(has));
  return letters === '' ? [] : [chattr(path, [`-${letters}`])];
}

export function withoutLocks(has: string): string {
  return without(has, locks);
}

/** Gives and takes attributes. */
export function changeAttributes(path: string, { add, take }: { readonly add: string; readonly take: string }): Step[] {
  const words = [...(take === '' ? [] : [`-${take}`]), ...(add === '' ? [] : [`+${add}`])];
  return words.length === 0 ? [] : [chattr(path, words)];
}

function chattr(path: string, words: readonly string[]): Step {
  return { do: 'run', command: { argv: ['chattr', ...words, '--', path] }, must: true };
}

function without(letters: string, others: string): string {
  return letters
    .split('')
    .filter((letter) => !others.includes(letter))
    .join('');
}
