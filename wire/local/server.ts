import { chmodSync, chownSync, mkdirSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { controlErrors } from '../../lib/errors/control.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import { lineSplitter, type LocalAnswer, type LocalRequest } from './lines.ts';

/** What a caller may leave unread before the call is ended. */
const MOST_UNREAD_BYTES = 128 * 1024 * 1024;

/** One connection: the same object for every call that comes over it. */
export interface LocalPeer {
  /** Ends the connection, and with it what was asked over it. */
  end(): void;
}

export interface LocalCall {
  readonly peer: LocalPeer;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** Sends an event of this call ahead of its result. */
  readonly emit: (event: Json) => void;
  /** Resolves when the caller has read what was sent to it, or is gone; at once while little is unread. */
  readonly taken: () => Promise<void>;
}

export type LocalMethod = (params: JsonMap, call: LocalCall) => Promise<Json>;

const FOLDER_MODE = 0o750;

export interface LocalServer {
  close(): Promise<void>;
}

export interface SocketAccess {
  /** The number of the group that may open the socket; that of the process unless given. */
  readonly group?: number | undefined;
  /** Nobody may but the owner (and root). */
  readonly ownerOnly?: boolean;
}

/**
 * Serves methods at a unix socket that only its owner and group can open (mode 0660, in a directory of mode 0750).
 * `what` names the server in errors. Raises `TS_CONTROL_IN_USE` when one is answering there already, and
 * `TS_CONTROL_PATH_TOO_LONG`.
 */
export async function serveLocal(
  what: string,
  socketPath: string,
  methods: Readonly<Record<string, LocalMethod>>,
  { group, ownerOnly = false }: SocketAccess = {},
): Promise<LocalServer> {
  checkLength(socketPath);
  mkdirSync(path.dirname(socketPath), { recursive: true, mode: FOLDER_MODE });
  if (await answers(socketPath)) throw controlErrors.inUse({ what, path: socketPath });
  rmSync(socketPath, { force: true });
  const table = new Map(Object.entries(methods));
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serve(socket, table);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  if (group !== undefined) {
    const owner = process.getuid?.() ?? -1;
    const folder = path.dirname(socketPath);
    const { mode, uid } = statSync(folder);
    // One that is not as it is made here (`/run`, `/tmp`) is not ours to give away.
    if ((mode & 0o7777) === FOLDER_MODE && uid === owner) chownSync(folder, owner, group);
    chownSync(socketPath, owner, group);
  }
  chmodSync(socketPath, ownerOnly ? 0o600 : 0o660);
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(socketPath, { force: true });
    },
  };
}

/** unix(7): what is longer would be cut off, and be another path. */
function checkLength(socketPath: string): void {
  const bytes = Buffer.byteLength(socketPath);
  if (bytes > 107)
    throw controlErrors.pathTooLong({ path: socketPath, bytes }, { hint: "a shorter 'sock_dir' in the config helps" });
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

function serve(socket: net.Socket, methods: ReadonlyMap<string, LocalMethod>): void {
  const calls = new AbortController();
  const peer: LocalPeer = { end: () => socket.destroy() };
  const send = (answer: LocalAnswer): void => {
    if (socket.destroyed) return;
    socket.write(`${JSON.stringify(answer)}\n`);
    if (socket.writableLength > MOST_UNREAD_BYTES) socket.destroy(controlErrors.tooSlow(undefined));
  };
  const taken = async (): Promise<void> => {
    if (!socket.writableNeedDrain || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  };
  const answer = async (line: string): Promise<void> => {
    let id = 0;
    try {
      const request = parseRequest(line);
      id = request.id;
      const method = methods.get(request.method);
      if (!method) throw unknownMethod(request.method, methods);
      const result = await method(request.params, {
        peer,
        signal: calls.signal,
        emit: (event) => send({ id, event }),
        taken,
      });
      send({ id, result });
    } catch (thrown) {
      send({
        id,
        error: { code: thrown instanceof TsaltError ? thrown.code : 'TS_INTERNAL', message: messageOf(thrown) },
      });
    }
  };
  const split = lineSplitter((line) => void answer(line));
  socket.on('data', (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (thrown) {
      socket.destroy(thrown instanceof Error ? thrown : undefined);
    }
  });
  // A caller that goes away is no error of ours; its calls are told by their signal.
  socket.on('error', () => {});
  socket.on('close', () => calls.abort());
}

function parseRequest(line: string): LocalRequest {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (cause) {
    throw controlErrors.badRequest({ reason: messageOf(cause) }, { cause });
  }
  if (!isMap(request) || typeof request['id'] !== 'number' || typeof request['method'] !== 'string') {
    throw controlErrors.badRequest({ reason: 'it is not {id, method, params}' });
  }
  const params = request['params'] ?? {};
  if (!isMap(params)) throw controlErrors.badRequest({ reason: 'params is not a map' });
  return { id: request['id'], method: request['method'], params: params as JsonMap };
}

function unknownMethod(method: string, methods: ReadonlyMap<string, LocalMethod>): TsaltError {
  const near = nearest(method, methods.keys());
  return controlErrors.unknownMethod({ method }, { hint: near && `did you mean '${near}'?` });
}
