import type { Json } from '../../lib/json.ts';
import type { ReactorEngine } from '../reactor/engine.ts';
import type { RunnerTable } from './runner.ts';

/** `returner.`: how what takes events elsewhere is doing. */
export function returnerRunners(reactors: () => ReactorEngine): RunnerTable {
  return {
    'returner.list': {
      summary: 'the returners: where they are in the log, how far behind, what they sent and lost',
      takes: [],
      run: () => reactors().returners() as unknown as Json,
    },
  };
}
