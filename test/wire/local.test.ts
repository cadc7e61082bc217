import { chmodSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { catalogue } from '../../lib/errors/error.ts';
import type { Json } from '../../lib/json.ts';
import { connectLocal } from '../../wire/local/client.ts';
import { LONGEST_LINE_BYTES, lineSplitter } from '../../wire/local/lines.ts';
import { serveLocal, type LocalMethod } from '../../wire/local/server.ts';
import { eventually } from '../kit/eventually.ts';

const errors = catalogue('TS_TEST', { wrong: ({ what }: { what: string }) => `${what} is wrong` });

async function served(t: ExecutionContext, methods: Record<string, LocalMethod>) {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-local-'));
  const socket = path.join(directory, 'run', 'x.sock');
  const server = await serveLocal('thing', socket, methods);
  t.teardown(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { socket, server };
}

async function client(t: ExecutionContext, socket: string) {
  const connected = await connectLocal('thing', socket);
  t.teardown(() => connected.close());
  return connected;
}

test('local socket: calls answered out of order, each to its caller, events before the result', async (t) => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { socket } = await served(t, {
    slow: async ({ word }, { emit }) => {
      emit('first');
      await held;
      emit({ second: 'with\nnewline' });
      return { word: word ?? null };
    },
    quick: async () => 1,
  });
  const caller = await client(t, socket);
  const events: Json[] = [];
  const slow = caller.call('slow', { word: 'ü' }, (event) => events.push(event));
  t.is(await caller.call('quick'), 1);
  release();
  t.deepEqual(await slow, { word: 'ü' });
  t.deepEqual(events, ['first', { second: 'with\nnewline' }]);
});

test('local socket: errors keep their code, an unknown method gets the nearest', async (t) => {
  const { socket } = await served(t, {
    'key.list': () => Promise.reject(errors.wrong({ what: 'it' })),
    broken: () => Promise.reject(new Error('a bug')),
  });
  const caller = await client(t, socket);
  await t.throwsAsync(caller.call('key.list'), { code: 'TS_TEST_WRONG', message: 'it is wrong' });
  await t.throwsAsync(caller.call('broken'), { code: 'TS_INTERNAL', message: 'a bug' });
  await t.throwsAsync(caller.call('key.lst'), {
    code: 'TS_CONTROL_UNKNOWN_METHOD',
    message: /did you mean 'key\.list'\?/,
  });
  await t.throwsAsync(caller.call('constructor'), { code: 'TS_CONTROL_UNKNOWN_METHOD' });
});

test('local socket: for its owner and group only; a second server is refused, a stale socket is taken over', async (t) => {
  const { socket, server } = await served(t, { ping: async () => true });
  t.is(statSync(socket).mode & 0o777, 0o660);
  t.is(statSync(path.dirname(socket)).mode & 0o777, 0o750);
  await t.throwsAsync(serveLocal('thing', socket, {}), { code: 'TS_CONTROL_IN_USE' });
  await server.close();
  await t.throwsAsync(connectLocal('thing', socket, 'start it'), {
    code: 'TS_CONTROL_UNREACHABLE',
    message: /no thing is answering at .*x\.sock\nhint: start it/,
  });

  // As kill -9 leaves it: the file is there, and nobody answers.
  const stale = net.createServer();
  const away = `${socket}.away`;
  await new Promise<void>((resolve) => stale.listen(away, resolve));
  renameSync(away, socket);
  await new Promise((resolve) => stale.close(resolve));
  const again = await serveLocal('thing', socket, { ping: async () => true });
  t.teardown(() => again.close());
  t.is(await (await client(t, socket)).call('ping'), true);
});

test("local socket: somebody else's, a plain word about it", async (t) => {
  const { socket } = await served(t, {});
  chmodSync(socket, 0);
  // Root may do anything; the connection is made before the call returns.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  const denied = connectLocal('thing', socket);
  if (isRoot) process.seteuid?.(0);
  await t.throwsAsync(denied, {
    code: 'TS_CONTROL_DENIED',
    message: /you may not use .*x\.sock\nhint: it is for the user and the group that the thing runs as/,
  });
});

test('local socket: the server ends, whoever waits is told', async (t) => {
  const { socket, server } = await served(t, { never: () => new Promise(() => {}) });
  const caller = await client(t, socket);
  const waits = caller.call('never');
  await server.close();
  await t.throwsAsync(waits, { code: 'TS_CONTROL_GONE' });
  await t.throwsAsync(caller.call('never'), { code: 'TS_CONTROL_GONE' });
});

test('local socket: the caller goes away, its call is told', async (t) => {
  let told = false;
  const { socket } = await served(t, {
    listen: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          told = true;
          resolve(null);
        });
      }),
  });
  const caller = await client(t, socket);
  const waits = caller.call('listen');
  caller.close();
  await t.throwsAsync(waits, { code: 'TS_CONTROL_GONE' });
  await eventually(() => told);
});

test('local socket: a listener that reads nothing, cut off and not kept in memory', async (t) => {
  let cut = false;
  const { socket } = await served(t, {
    flood: async (_, { emit, signal }) => {
      const piece = 'x'.repeat(1024 * 1024);
      signal.addEventListener('abort', () => (cut = true));
      for (let sent = 0; sent < 400 && !signal.aborted; sent++) {
        emit(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return null;
    },
  });
  const raw = net.connect(socket);
  t.teardown(() => raw.destroy());
  raw.on('error', () => {});
  raw.write('{"id":1,"method":"flood"}\n');
  raw.pause();
  await eventually(() => cut);
  t.pass();
});

test('local socket: who waits until what was sent is read, tells a slow reader all of it, however much', async (t) => {
  const pieces = 50;
  let unread = 0;
  let most = 0;
  const { socket } = await served(t, {
    much: async (_, { emit, taken }) => {
      for (let sent = 0; sent < pieces; sent++) {
        most = Math.max(most, ++unread);
        emit('x'.repeat(1024 * 1024));
        await taken();
      }
      return 'all';
    },
  });
  const caller = await client(t, socket);
  let read = 0;
  t.is(await caller.call('much', {}, () => void (read++, unread--)), 'all');
  t.is(read, pieces);
  t.true(most < 10, `${most} MiB were unread at once`);
});

test('local socket: what is no request, answered with why; the connection goes on', async (t) => {
  const { socket } = await served(t, { ping: async () => true });
  const raw = net.connect(socket);
  t.teardown(() => raw.destroy());
  const answers: { id: number; error?: { code: string }; result?: Json }[] = [];
  raw.on(
    'data',
    lineSplitter((line) => answers.push(JSON.parse(line) as (typeof answers)[number])),
  );
  raw.write(
    'nonsense\n[]\n{"id":"1","method":"ping"}\n{"id":2,"method":"ping","params":[]}\n\n{"id":3,"method":"ping"}\n',
  );
  await eventually(() => answers.some(({ result }) => result === true));
  t.deepEqual(
    answers.map(({ error }) => error?.code).filter((code) => code !== undefined),
    Array(4).fill('TS_CONTROL_BAD_REQUEST'),
  );
  t.is(answers.at(-1)?.id, 3);
});

test('lines: cut anywhere, whole again; one without an end is refused in time', (t) => {
  const lines: string[] = [];
  const split = lineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('{"a":"ü"}\n\n{"b":1}\nrest');
  for (const byte of bytes) split(Buffer.from([byte]));
  t.deepEqual(lines, ['{"a":"ü"}', '{"b":1}']);
  const piece = Buffer.alloc(16 * 1024 * 1024, 97);
  t.throws(
    () => {
      const endless = lineSplitter(() => t.fail());
      for (let sent = 0; sent <= LONGEST_LINE_BYTES + piece.length; sent += piece.length) endless(piece);
    },
    { code: 'TS_CONTROL_TOO_LONG' },
  );
});
