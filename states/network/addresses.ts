import type { JsonMap } from '../../lib/json.ts';
import { mapsIn, parseNetwork } from './ip.ts';

/** The interface of a name in what `ip -json address` lists. */
export function interfaceOf(listed: readonly JsonMap[], name: string): JsonMap | undefined {
  return listed.find((one) => one['ifname'] === name);
}

/** Its entry of an address with this length; undefined when it has none. */
export function entryOf(link: JsonMap | undefined, address: string): JsonMap | undefined {
  const wanted = parseNetwork(address);
  return mapsIn(link?.['addr_info']).find(
    ({ local, prefixlen }) => local === wanted?.address && prefixlen === wanted?.length,
  );
}

/** The listing with other addresses of one interface. */
export function withEntries(
  listed: readonly JsonMap[],
  name: string,
  edit: (entries: readonly JsonMap[]) => readonly JsonMap[],
): readonly JsonMap[] {
  return listed.map((one) =>
    one['ifname'] === name ? { ...one, addr_info: [...edit(mapsIn(one['addr_info']))] } : one,
  );
}
