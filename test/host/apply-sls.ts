import type { StateResult } from '../../lib/contracts/state.ts';
import type { Host } from './kit.ts';

/* State files that are applied on a host by the program itself. */

export type Results = Record<string, Pick<StateResult, 'result' | 'comment' | 'changes'>>;

export interface StateFiles {
  /** Applies a state file; gives the results by the states' ids. */
  readonly apply: (sls: string, ...more: string[]) => Promise<Results>;
  /** Applies it in test mode, for real, and again: foreseen is done, done is done. Gives the results of the run. */
  readonly applyTwice: (sls: string) => Promise<Results>;
}

/** They are in `/srv/states`, where a test may put more. */
export function stateFiles(host: Host): StateFiles {
  async function apply(sls: string, ...more: string[]): Promise<Results> {
    await host.push('/srv/states/now.sls', sls);
    const program = [
      '/usr/local/bin/node',
      '/opt/tsalt/bin/tsalt.cjs',
      'call',
      '--local',
      '--file-root',
      '/srv/states',
    ];
    const { stdout, stderr } = await host.exec([...program, '--out', 'json', 'state.apply', 'now', ...more]);
    const said = JSON.parse(stdout === '' ? JSON.stringify(stderr) : stdout) as {
      local?: Record<string, StateResult> | string[];
    };
    const results = said.local ?? said;
    if (typeof results !== 'object' || Array.isArray(results)) throw new Error(JSON.stringify(results));
    return Object.fromEntries(Object.values(results as Record<string, StateResult>).map((one) => [one.__id__, one]));
  }

  async function applyTwice(sls: string): Promise<Results> {
    const foreseen = await apply(sls, 'test=True');
    const done = await apply(sls);
    const again = await apply(sls);
    for (const [id, { result, comment, changes }] of Object.entries(done)) {
      if (foreseen[id]?.result === false) throw new Error(`${id} would have failed: ${foreseen[id].comment}`);
      if (result !== true) throw new Error(`${id}: ${comment}`);
      if (foreseen[id]?.result === true && Object.keys(changes).length > 0) throw new Error(`${id} was not foreseen`);
      const second = again[id];
      if (second?.result !== true || Object.keys(second.changes).length > 0)
        throw new Error(`${id} is not at rest: ${second?.comment} ${JSON.stringify(second?.changes)}`);
    }
    return done;
  }

  return { apply, applyTwice };
}
