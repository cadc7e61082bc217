const LONGEST_TAG = 255;

/** The tag of a beacon's event. What no tag may have in it (a blank in a path) is written as in a URL; one that is too long is cut. */
export function beaconTag(id: string, beacon: string, part: string): string {
  const written = Buffer.from(`${beacon}/${part}`).toString('utf8');
  const safe = written.replace(/[^\x21-\x7e\u00a1-\uffff]/g, (character) => encodeURIComponent(character));
  return `salt/beacon/${id}/${safe}`.slice(0, LONGEST_TAG);
}
