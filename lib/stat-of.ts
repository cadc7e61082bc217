import fs from 'node:fs';

/** What a path leads to; nothing for a link that leads nowhere, or round in a circle. */
export function statOf(place: string): fs.Stats | undefined {
  try {
    return fs.statSync(place, { throwIfNoEntry: false });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP') return undefined;
    throw cause;
  }
}
