import { type ExecutionContext } from 'ava';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { startCluster, type Cluster } from '../kit/cluster.ts';

/* What the tests of orchestrations share. */

interface Entry extends JsonMap {
  __id__: string;
  result: boolean | null;
  comment: string;
  changes: JsonMap;
}

/** The states of an orchestration's answer, by id. */
export function statesOf(answer: Json): Record<string, Entry> {
  const data = isMap(answer) ? answer['data'] : undefined;
  const run = isMap(data) ? Object.values(data)[0] : undefined;
  const entries = Object.values(isMap(run) ? run : {}) as Entry[];
  return Object.fromEntries(entries.map((entry) => [entry.__id__, entry]));
}

export async function withMinions(t: ExecutionContext, ...ids: string[]): Promise<Cluster> {
  const cluster = await startCluster(t);
  for (const id of ids) await cluster.joinMinion(id);
  return cluster;
}

export const published = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.events())
    .filter(({ tag }) => /^salt\/job\/\d+\/new$/.test(tag))
    .map(({ data }) => asText(data['fun']));

/** Whether the orchestration waits for an event. */
export const waits = async (cluster: Cluster, steps: number): Promise<boolean> => {
  const [newest] = (await cluster.run('state.orchestrations')) as JsonMap[];
  return newest?.['state'] === 'running' && Number(newest['steps']) >= steps;
};
