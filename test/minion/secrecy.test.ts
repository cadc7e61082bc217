import test from 'ava';
import type { StatePlace, StateResult } from '../../lib/contracts/state.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { silent, type Log } from '../../lib/log.ts';
import { createRedactor } from '../../lib/secrets/redactor.ts';
import { inSecrecy } from '../../minion/secrecy.ts';

const result: StateResult = {
  name: 'hunter2',
  result: true,
  changes: { hunter2: 'hunter2' },
  comment: 'said hunter2',
  __run_num__: 0,
  __id__: 'hunter2',
  __sls__: 'a',
  start_time: '00:00:00.000000',
  duration: 1,
};
const place: StatePlace = { fun: 'cmd.run', name: 'echo hunter2', number: 0, total: 1 };

test('a call: whatever it tells before it is done, without the secret that it learns on the way', async (t) => {
  const told: unknown[] = [];
  const log: Log = (...line) => void told.push(line);
  const secrets = createRedactor();
  const call = {
    log,
    watcher: {
      began: (at: StatePlace) => void told.push(at),
      ended: (one: StateResult, at: StatePlace) => void told.push(one, at),
    },
    ask: async (question: string, body: JsonMap) => {
      told.push(question === 'pillar' ? question : body);
      return {};
    },
    sendEvent: async (tag: string, data: JsonMap) => {
      told.push(tag, data);
      return true;
    },
    sendResult: (one: StateResult) => void told.push(one),
  };
  const answer = await inSecrecy(call, secrets, async (guarded): Promise<Json> => {
    await guarded.ask('pillar', { override: { p: 'hunter2' } });
    secrets.learn(['hunter2']);
    guarded.log('info', 'hunter2', { what: 'hunter2' });
    guarded.watcher.began(place);
    guarded.watcher.ended(result, place);
    await guarded.ask('greet', { grains: { role: 'hunter2' } });
    await guarded.sendEvent('tag/hunter2', { a: ['hunter2'] });
    guarded.sendResult(result);
    return { a: 'hunter2' };
  });
  t.deepEqual({ ...(answer as JsonMap) }, { a: '[secret]' });
  t.is(told.length, 9);
  t.notRegex(JSON.stringify(told), /hunter2/);
  t.is(JSON.stringify(told).split('[secret]').length - 1, 17);
});

test('a call: asked for pillar with something laid over it, that goes as it is; what it raises, without the secret', async (t) => {
  const asked: JsonMap[] = [];
  const call = {
    log: silent,
    ask: async (_: string, body: JsonMap) => {
      asked.push(body);
      return {};
    },
  };
  const failing = inSecrecy(call, createRedactor(['hunter2']), async (guarded) => {
    await guarded.ask('pillar', { override: { p: 'hunter2' } });
    throw new Error('it was hunter2');
  });
  await t.throwsAsync(failing, { message: 'it was [secret]' });
  t.deepEqual(asked, [{ override: { p: 'hunter2' } }]);
});
