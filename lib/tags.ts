import { isTag } from './ids.ts';

/** Tags that only the master makes. */
const reserved = ['salt/', 'tsalt/'];

/**
 * Why minion `id` may not fire an event of this tag; undefined when it may. Under `salt/` a minion has its own beacons only,
 * so that no minion can pretend to be another, or the master.
 */
export function refusalOfTag(tag: string, id: string): string | undefined {
  if (!isTag(tag)) return 'it is not a tag: 1 to 255 printable characters without blanks';
  const beacons = `salt/beacon/${id}/`;
  if (tag.startsWith(beacons) && tag.length > beacons.length) return undefined;
  const prefix = reserved.find((start) => tag.startsWith(start) || tag === start.slice(0, -1));
  return (
    prefix && `tags under '${prefix}' are the master's${prefix === 'salt/' ? ", but for the minion's own beacons" : ''}`
  );
}
