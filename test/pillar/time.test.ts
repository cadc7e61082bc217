import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { ExtPillarContext } from '../../lib/contracts/ext-pillar.ts';
import { messageOf, type TsaltError } from '../../lib/errors/error.ts';
import type { Json } from '../../lib/json.ts';
import { builtinExtPillars } from '../../pillar/external/registry.ts';
import { withExternal } from '../../pillar/external.ts';
import { outsideWorld } from '../../pillar/outside.ts';

/** What sources say that have so many ms together, and how long they took. */
async function asked(sources: readonly { name: string; args: Json }[], ms: number) {
  const errors: TsaltError[] = [];
  const of = { ...outsideWorld(undefined, ms), id: 'web1', grains: {}, nodegroups: [] } satisfies Omit<
    ExtPillarContext,
    'pillar'
  >;
  const began = performance.now();
  await withExternal({}, sources, builtinExtPillars, of, { strategy: 'smart', lists: false }, errors);
  return { errors: errors.map(messageOf), tookMs: performance.now() - began };
}

/** A web server that says nothing. */
async function silentServer(t: ExecutionContext): Promise<string> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
}

test('sources that hang, one after the other: all of them together have their time, and those behind are not asked', async (t) => {
  const url = await silentServer(t);
  const sources = [
    { name: 'http_json', args: url },
    { name: 'http_yaml', args: url },
    { name: 'cmd_yaml', args: ['sh', '-c', 'trap "" TERM; sleep 600; sleep 600'] },
  ];
  const { errors, tookMs } = await asked(sources, 500);
  t.true(tookMs < 1_500, `${String(tookMs)} ms`);
  t.is(errors.length, 2);
  t.regex(errors[0] ?? '', /ext_pillar http_json: http:.* did not arrive within 0.5 s/);
  t.is(errors[1], 'ext_pillar http_yaml was not asked: those before it took all the time that a pillar has');
});
