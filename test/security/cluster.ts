import { isMap, type JsonMap } from '../../lib/json.ts';
import type { Cluster } from '../kit/cluster.ts';
import type { Minion } from '../kit/minion.ts';

/** What a minion's process says of its connection. */
export async function linkOf(minion: Minion): Promise<JsonMap> {
  const { link } = await minion.status();
  return isMap(link) ? (link as JsonMap) : {};
}

/** The ids of each state of key. */
export async function keysOf(cluster: Cluster): Promise<JsonMap> {
  return (await cluster.control.call('key.list')) as JsonMap;
}
