import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { messageOf, type TsaltError } from '../../lib/errors/error.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';
import { withExternal } from '../../pillar/external.ts';
import { outsideWorld } from '../../pillar/outside.ts';
import { fakeClock } from '../kit/clock.ts';

test('sources that hang, one after the other: all of them together have their time, and those behind are not asked', async (t) => {
  const clock = fakeClock();
  const asked: string[] = [];
  // It answers the first after five seconds, and none after that.
  const server = createServer(({ url = '' }, answer) => {
    asked.push(url);
    clock.advance(5_000);
    if (asked.length === 1) answer.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = (name: string) => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/${name}`;
  const sources = [
    { name: 'http_json', args: at('one') },
    { name: 'http_yaml', args: at('two') },
    { name: 'cmd_yaml', args: 'sleep 600' },
  ];
  const errors: TsaltError[] = [];
  const of = {
    ...outsideWorld(clock),
    id: 'web1',
    grains: {},
    nodegroups: [],
    saltenv: 'base',
    pillarenv: undefined,
    compile: () => Promise.reject(new Error('none')),
    merge: (under: JsonMap, over: JsonMap) => ({ ...under, ...over }),
    secret: () => Promise.reject(new Error('none')),
  };
  await withExternal({}, sources, builtinExtPillars, of, { strategy: 'smart', lists: false }, errors);
  t.deepEqual(asked, ['/one', '/two']);
  t.deepEqual(errors.map(messageOf), [
    `ext_pillar http_yaml: ${at('two')} did not arrive within 2 s`,
    'ext_pillar cmd_yaml was not asked: those before it took all the time that a pillar has',
  ]);
});
