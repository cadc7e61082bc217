import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { systemClock } from '../../lib/clock.ts';
import type { BusEvent } from '../../lib/contracts/events.ts';
import type { Instance, InstanceState } from '../../lib/contracts/instances.ts';
import type { JobOutcome, ReactorContext } from '../../lib/contracts/reactor.ts';
import { parseTag } from '../../lib/ids.ts';
import type { JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import auth from '../../reactors/auth.ts';
import { httpRegistry } from '../../reactors/http-registry.ts';
import start, { problemOf } from '../../reactors/start.ts';
import { fakePowers, rig, until } from './kit.ts';

const made = (factory: typeof auth, config: JsonMap = {}) =>
  factory({ config, cachedir: '/nonexistent', clock: systemClock, log: silent });
const event = (tag: string, data: JsonMap): BusEvent => ({ seq: 1, tag: parseTag(tag), data, depth: 0 });
const waits = (data: JsonMap = {}) => event('salt/auth', { act: 'pend', id: 'w1', fingerprint: 'aa:bb', ...data });
const instance = (id: string, state: InstanceState): Instance => ({
  id,
  state,
  reason: '',
  provider: 'process',
  roles: [],
  since: '',
});

type Token = Awaited<ReturnType<ReactorContext['keys']['tokenOf']>>;

/** A context with one known instance, that notes what is done to keys and instances. */
function contextWith(state: InstanceState | undefined, token: Token = 'good', more: Partial<ReactorContext> = {}) {
  const did: string[] = [];
  const context: ReactorContext = {
    clock: systemClock,
    log: silent,
    signal: new AbortController().signal,
    once: (_, work) => work(),
    publish: async (key, { tgt, tgt_type, fun }) => {
      did.push(`publish ${key}: ${fun} to ${tgt_type} ${String(tgt)}`);
      return { jid: key, minions: ['w1'] };
    },
    delivered: async () => true,
    outcome: async (jid, id) => ({ jid, id, state: 'returned', return: {}, success: true }),
    call: async () => null,
    fire: async () => {},
    keys: {
      accept: async (id, fingerprint) => did.push(`accept ${id} ${fingerprint}`) > 0,
      reject: async (id, fingerprint, reason) => did.push(`reject ${id} ${fingerprint}: ${reason}`) > 0,
      tokenOf: async () => token,
    },
    instances: {
      find: async (id) => (state && id === 'w1' ? instance(id, state) : undefined),
      moved: async (id, to, reason) => void did.push(`${id} is ${to}: ${reason}`),
      ran: async () => {},
    },
    ...more,
  };
  return { context, did };
}

const decisions: [string, InstanceState | undefined, Token, JsonMap, RegExp][] = [
  ['launched, token good', 'launched', 'good', {}, /^accept w1 aa:bb$/],
  ['starting, token good', 'starting', 'good', {}, /^accept w1 aa:bb$/],
  ['starting, token bad', 'starting', 'bad', {}, /^reject w1 aa:bb: its enrolment token is not/],
  [
    'starting, token not shown',
    'starting',
    'missing',
    { 'auth.allow_without_token': true },
    /^reject .*no enrolment token/,
  ],
  ['starting, none issued', 'starting', 'none', {}, /^skipped no enrolment token was issued/],
  ['starting, none issued, allowed', 'starting', 'none', { 'auth.allow_without_token': true }, /^accept w1 aa:bb$/],
  ['configuring already', 'configuring', 'good', {}, /^reject .*configuring, not starting$/],
  ['ready', 'ready', 'good', {}, /^reject .*ready, not starting$/],
  ['failed', 'failed', 'good', {}, /^reject /],
  ['gone', 'gone', 'good', {}, /^reject /],
  ['unknown', undefined, 'good', {}, /^reject .*knows no such machine$/],
  ['unknown, auth.unknown: pend', undefined, 'good', { 'auth.unknown': 'pend' }, /^skipped .*waits for a person$/],
  ['ready, auth.unknown: pend', 'ready', 'good', { 'auth.unknown': 'pend' }, /^skipped /],
  ['token bad, auth.unknown: pend', 'starting', 'bad', { 'auth.unknown': 'pend' }, /^skipped /],
];
for (const [situation, state, token, config, expected] of decisions) {
  test(`auth: a machine that is ${situation}, ${expected.source.replace(/\W+/g, ' ').trim()}`, async (t) => {
    const { context, did } = contextWith(state, token);
    const answer = await made(auth, config).react(waits(), context);
    t.regex(answer ? `skipped ${answer.skipped}` : did.join(), expected);
    t.is(did.length, answer ? 0 : 1);
  });
}

test('auth: anything but a waiting key of a well-formed id, nothing is decided', async (t) => {
  const { context, did } = contextWith('starting');
  const others = [
    { act: 'accept' },
    { act: 'denied' },
    { act: null },
    { id: '../w1' },
    { id: 'w*' },
    { fingerprint: 7 },
  ];
  for (const data of others) t.truthy(await made(auth).react(waits(data), context), JSON.stringify(data));
  t.deepEqual(did, []);
});

async function serve(t: { teardown(end: () => void): void }, handler: Parameters<typeof createServer>[1]) {
  const server: Server = createServer(handler ?? (() => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/workernode?state=1`;
}

test("auth: a registry over HTTP that lists starting machines, theirs are accepted and others' rejected", async (t) => {
  const list = [
    { hostname: 'physical', instance: null },
    { hostname: 'w1', state: 1, instance: { instance_name: 'w1' } },
    { hostname: 'idle', state: 2, instance: { instance_name: 'idle' } },
    { hostname: 'bare', instance: { instance_name: 'bare' } },
    7,
  ];
  const url = await serve(t, (_, response) => response.end(JSON.stringify(list)));
  const reactor = made(auth, { 'auth.registry': url });
  const { context, did } = contextWith(undefined);
  for (const id of ['w1', 'idle', 'bare', 'physical']) await reactor.react(waits({ id }), context);
  t.deepEqual(
    did.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['accept w1', 'reject idle', 'accept bare', 'reject physical'],
  );
});

test('auth: a registry that is away and then back, the key waits and is decided without a new event', async (t) => {
  let away = true;
  const url = await serve(t, (_, response) => {
    response.statusCode = away ? 503 : 200;
    response.end(JSON.stringify([{ instance: { instance_name: 'w1' } }]));
  });
  const accepted: string[] = [];
  const { powers } = fakePowers({
    keys: { accept: async (id) => accepted.push(id) > 0, reject: async () => true, tokenOf: () => 'good' },
  });
  const { engine, events } = await rig(
    { 'salt/auth': ['builtin:auth'] },
    {
      reactors: {
        'builtin:auth': { ...made(auth, { 'auth.registry': url }), retry: { tries: 99, firstMs: 5, longestMs: 20 } },
      },
      powers,
    },
  );
  await events.fire({ tag: 'salt/auth', data: waits().data });
  await until(async () => ((await engine.why(1))[0]?.attempts ?? 0) >= 3);
  t.regex((await engine.why(1))[0]?.error ?? '', /registry .* gave no answer: HTTP status 503/);
  t.deepEqual(accepted, []);
  away = false;
  await until(() => accepted.length === 1);
  await until(async () => (await engine.why(1))[0]?.decision === 'ran');
  t.deepEqual((await engine.why(1))[0]?.did, [{ do: 'accept', id: 'w1', done: true }]);
  await engine.stop();
});

test('a registry over HTTP: silent, endless, redirecting or talking nonsense, it is unreachable and decides nothing', async (t) => {
  const limits = { timeoutMs: 200, bodyBytes: 10_000 };
  const { signal } = new AbortController();
  const handlers: Record<string, Parameters<typeof createServer>[1]> = {
    silent: () => {},
    endless: (_, response) => {
      const more = (): void => {
        // Whom nobody listens to any more would else go on for ever.
        if (!response.destroyed) response.write('['.repeat(5_000), () => setImmediate(more));
      };
      response.on('error', () => {});
      more();
    },
    redirecting: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    nonsense: (_, response) => response.end('<html>'),
    object: (_, response) => response.end('{}'),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    const url = await serve(t, handler);
    await t.throwsAsync(
      httpRegistry(url, limits).find('w1', signal),
      { code: 'TS_REACTOR_REGISTRY_UNREACHABLE' },
      name,
    );
  }
});

test('a registry over HTTP: many questions at once, at most one request under way and none answered by an older list', async (t) => {
  let requests = 0;
  let inside = 0;
  let most = 0;
  const url = await serve(t, (_, response) => {
    requests++;
    most = Math.max(most, ++inside);
    setTimeout(() => {
      inside--;
      response.end(JSON.stringify([{ instance: { instance_name: `w${requests}` } }]));
    }, 20);
  });
  const registry = httpRegistry(url);
  const { signal } = new AbortController();
  const first = registry.find('w1', signal);
  const later = Array.from({ length: 50 }, () => registry.find('w2', signal));
  t.truthy(await first);
  t.true((await Promise.all(later)).every((found) => found?.id === 'w2'));
  t.deepEqual([requests, most], [2, 1]);
});

test('auth: a registry whose first answer hangs, whoever asks after it is decided meanwhile', async (t) => {
  let requests = 0;
  const url = await serve(t, (_, response) => {
    if (requests++ > 0) response.end(JSON.stringify([{ instance: { instance_name: 'w2' } }]));
  });
  const registry = httpRegistry(url, { timeoutMs: 30_000, bodyBytes: 1_000, patienceMs: 5 });
  const { signal } = new AbortController();
  void registry.find('w1', signal).catch(() => {});
  t.is((await registry.find('w2', signal))?.state, 'starting');
  t.is(await registry.find('w1', signal), undefined);
});

test('start: a starting machine, it is sent its highstate, is configuring, and ready when that succeeded', async (t) => {
  const { context, did } = contextWith('starting');
  t.is(await made(start).react(event('salt/minion/w1/start', { id: 'w1' }), context), undefined);
  t.deepEqual(did, [
    'w1 is configuring: the minion has started',
    'publish highstate 1: state.highstate to list w1',
    'w1 is ready: the highstate succeeded',
  ]);
});

test('start: a highstate that expires before the minion has it, another is sent until one arrives', async (t) => {
  let lost = 2;
  const { context, did } = contextWith('configuring', 'good', { delivered: async () => lost-- === 0 });
  await made(start).react(event('salt/minion/w1/start', { id: 'w1' }), context);
  t.deepEqual(
    did.map((line) => line.split(':')[0]),
    ['publish highstate 1', 'publish highstate 2', 'publish highstate 3', 'w1 is ready'],
  );
});

test('start: a machine that is ready or was never launched, nothing is sent unless start_reactor is always', async (t) => {
  for (const state of ['ready', 'failed', undefined] as const) {
    const { context, did } = contextWith(state);
    t.truthy(await made(start).react(event('salt/minion/w1/start', { id: 'w1' }), context));
    t.deepEqual(did, []);
    await made(start, { start_reactor: 'always' }).react(event('salt/minion/w1/start', { id: 'w1' }), context);
    t.deepEqual(did, ['publish highstate 1: state.highstate to list w1']);
  }
});

test('start: the ways a highstate goes wrong, the registry gets the reason', (t) => {
  const outcome = (more: Partial<JobOutcome>): JobOutcome => ({ jid: '1', id: 'w1', state: 'returned', ...more });
  t.is(
    problemOf(outcome({ return: { a: { result: true }, b: { result: null } }, success: true, retcode: 0 })),
    undefined,
  );
  t.is(
    problemOf(
      outcome({ return: { a: { result: false, __id__: 'nginx', comment: 'no such package' }, b: { result: false } } }),
    ),
    'nginx failed: no such package (and 1 more)',
  );
  t.is(problemOf(outcome({ return: ['ID x is not a map'] })), 'the states do not compile: ID x is not a map');
  t.is(problemOf(outcome({ return: 'killed', retcode: 137 })), 'the highstate ended with code 137: killed');
  t.is(
    problemOf(outcome({ state: 'lost', reason: 'its key was deleted' })),
    'the highstate is lost: its key was deleted',
  );
});

test('start: a registry over HTTP that says starting, the highstate is sent and that registry is left to itself', async (t) => {
  const url = await serve(t, (_, response) => response.end(JSON.stringify([{ instance: { instance_name: 'far' } }])));
  const reactor = made(start, { 'auth.registry': url });
  const { context, did } = contextWith(undefined);
  await reactor.react(event('salt/minion/far/start', { id: 'far' }), context);
  t.truthy(await reactor.react(event('salt/minion/other/start', { id: 'other' }), context));
  t.deepEqual(did, ['publish highstate 1: state.highstate to list far']);
});
