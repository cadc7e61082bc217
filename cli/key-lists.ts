import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean, type TsaltError } from '../lib/errors/error.ts';
import { isPattern } from '../lib/fnmatch.ts';
import { isMap, type JsonMap } from '../lib/json.ts';
import { meansKey } from '../lib/key-match.ts';
import { nearest } from '../lib/nearest.ts';
import type { LocalClient } from '../wire/local/client.ts';
import type { Io } from './io.ts';

/** The four lists of keys, with the headings that Salt's users know. */
export const headings = {
  accepted: 'Accepted Keys:',
  denied: 'Denied Keys:',
  pending: 'Unaccepted Keys:',
  rejected: 'Rejected Keys:',
} as const;

export type KeyLists = Record<keyof typeof headings, string[]>;

/** What is decided on keys. */
export const past = { accept: 'accepted', reject: 'rejected', delete: 'deleted' } as const;

/** What a pattern leaves as it is, and an id does not. */
const otherWay: Partial<Record<keyof typeof past, keyof KeyLists>> = { accept: 'rejected', reject: 'accepted' };

export async function listsOf(control: LocalClient): Promise<KeyLists> {
  return (await control.call('key.list')) as unknown as KeyLists;
}

/** Says why nothing was done with a match (undefined: with all keys), or gives the error where it means no key. */
export function whyNothing(
  match: string | undefined,
  action: keyof typeof past,
  lists: KeyLists,
  io: Io,
): TsaltError | undefined {
  const isMeant = meansKey(match ?? '*');
  const states = (Object.keys(headings) as (keyof KeyLists)[]).flatMap((state) =>
    lists[state].filter(isMeant).map((id) => `${id} is ${state}`),
  );
  if (match === undefined) io.err(`there is no key that can be ${past[action]}\n`);
  else if (states.length === 0) return noSuchKey(match, action, lists);
  else io.err(`nothing to do: ${states.join(', ')}\n`);
  const other = otherWay[action];
  if ((match === undefined || isPattern(match)) && other !== undefined && lists[other].some(isMeant))
    io.err(`hint: a key that was ${other} is ${past[action]} by its own id\n`);
  return undefined;
}

export function noSuchKey(match: string, action: string, lists: KeyLists): TsaltError {
  const near = nearest(match, Object.values(lists).flat());
  return cliErrors.noSuchKey(
    { match, action },
    { hint: didYouMean(near) ?? 'tsalt key list shows the keys and where they stand' },
  );
}

/** Of the answer of `key.finger`: no key fits. */
export function isOfNobody(fingers: JsonMap): boolean {
  return Object.values(fingers).every((some) => isMap(some) && Object.keys(some).length === 0);
}
