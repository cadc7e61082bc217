import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Host } from './kit.ts';

/** What came of one state of a run. */
export interface OfState {
  readonly id: string;
  readonly result: boolean | null;
  readonly changes: JsonMap;
  readonly comment: string;
}

export interface Applied {
  /** In the order they ran in. */
  readonly results: readonly OfState[];
  /** What failed, in words. */
  readonly failed: readonly string[];
  readonly changed: readonly OfState[];
}

/** Applies the text of a state file on a host, as a person does there. Fails when it does not compile. */
export function onHost(host: Host): (sls: string, ...more: string[]) => Promise<Applied> {
  return async (sls, ...more) => {
    await host.push('/srv/tree/here.sls', sls);
    const tsalt = ['node', '/opt/tsalt/bin/tsalt.cjs', 'call', '--local', '--file-root', '/srv/tree', '--out', 'json'];
    const { stdout, stderr } = await host.exec([...tsalt, 'state.apply', 'here', ...more]);
    let told: Json;
    try {
      told = JSON.parse(stdout) as Json;
    } catch {
      throw new Error(`no answer: ${stdout}${stderr}`);
    }
    const states = isMap(told) && isMap(told['local']) ? told['local'] : told;
    if (!isMap(states)) throw new Error(JSON.stringify(told));
    const results = Object.values(states)
      .filter((one): one is JsonMap => isMap(one))
      .sort((a, b) => Number(a['__run_num__']) - Number(b['__run_num__']))
      .map((one) => ({ ...one, id: one['__id__'] }) as unknown as OfState);
    return {
      results,
      failed: results.filter(({ result }) => result === false).map(({ id, comment }) => `${id}: ${comment}`),
      changed: results.filter(({ changes }) => Object.keys(changes).length > 0),
    };
  };
}
