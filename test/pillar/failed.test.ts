import test from 'ava';
import { stateErrors } from '../../lib/errors/state.ts';
import { pillarCompiler, type PillarOptions } from '../../master/pillar.ts';

test('a pillar that can not be made: the master says so in its log, with the minion and the reason', async (t) => {
  const said: unknown[] = [];
  const failure = stateErrors.noSls({ sls: 'usres' });
  const options = {
    pool: { run: () => Promise.reject(failure) },
    roots: {},
    settings: {},
    git: {},
    instances: { list: () => [] },
    log: (...line: unknown[]) => void said.push(line),
  } as unknown as PillarOptions;
  await t.throwsAsync(pillarCompiler(options)('web1', {}, {}), { is: failure });
  t.deepEqual(said, [['warning', 'the pillar of a minion can not be made', { id: 'web1', reason: failure.message }]]);
});
