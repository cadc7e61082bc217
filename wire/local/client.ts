import net from 'node:net';
import { controlErrors } from '../../lib/errors/control.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import { lineSplitter, type LocalAnswer } from './lines.ts';

export interface LocalClient {
  /** Calls a method. `onEvent` gets what comes before the result. Raises what the other side answered as an error. */
  call(method: string, params?: JsonMap, onEvent?: (event: Json) => void): Promise<Json>;
  close(): void;
}

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
  onEvent(event: Json): void;
}

/** Connects to a local socket. `what` names who should be there. Raises `TS_CONTROL_UNREACHABLE`, `TS_CONTROL_DENIED`. */
export async function connectLocal(what: string, socketPath: string, hint?: string): Promise<LocalClient> {
  const socket = await open(what, socketPath, hint);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  const split = lineSplitter((line) => {
    const answer = JSON.parse(line) as LocalAnswer;
    const caller = waiting.get(answer.id);
    if (!caller) return;
    if ('event' in answer) return caller.onEvent(answer.event);
    waiting.delete(answer.id);
    if ('result' in answer) caller.resolve(answer.result);
    else caller.reject(new TsaltError(answer.error.code, answer.error.message));
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (thrown) {
      // What can't be read is no answer: whoever waits is told that none will come.
      socket.destroy(thrown instanceof Error ? thrown : undefined);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const caller of waiting.values()) caller.reject(controlErrors.gone({ what }));
    waiting.clear();
  });
  return {
    call(method, params = {}, onEvent = () => {}) {
      return new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(controlErrors.gone({ what }));
        const id = ++lastId;
        waiting.set(id, { resolve, reject, onEvent });
        socket.write(`${JSON.stringify({ id, method, params })}\n`);
      });
    },
    close: () => void socket.destroy(),
  };
}

function open(what: string, socketPath: string, hint?: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const error =
        cause.code === 'EACCES'
          ? controlErrors.denied(
              { path: socketPath },
              { cause, hint: `it is for the user and the group that the ${what} runs as` },
            )
          : controlErrors.unreachable({ what, path: socketPath }, { cause, hint });
      reject(error);
    });
  });
}
