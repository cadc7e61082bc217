import { fork } from 'node:child_process';
import { Socket } from 'node:net';
import path from 'node:path';
import self from 'node:process';
import type { Clock } from '../../clock.ts';
import { reactorErrors } from '../../errors/reactor.ts';
import type { Json } from '../../json.ts';
import type { Log } from '../../log.ts';
import { channel } from './channel.ts';
import { readyMessage } from './serve.ts';

export interface ChildOptions {
  /** The program's file: see `programBeside`. */
  readonly program: string;
  /** MiB of memory it may use; it dies of more. */
  readonly heapMb?: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Answers what the child asks. */
  readonly answer?: (what: string, of: Json) => Promise<Json | undefined>;
}

export interface Child {
  /**
   * Asks the child. If it has not answered after `deadlineMs` it is killed, whatever else it does. Raises what it threw,
   * `TS_REACTOR_WORKER_DEADLINE`, `TS_REACTOR_WORKER_DIED`.
   */
  ask(what: string, of: Json, deadlineMs: number): Promise<Json>;
  /** Resolves when it has started. Raises `TS_REACTOR_WORKER_DIED`, `TS_REACTOR_WORKER_DEADLINE`. */
  started(): Promise<void>;
  alive(): boolean;
  kill(): void;
}

const longestLine = 1_000;
/** A process that has not started after so many ms never will. */
const startMs = 60_000;
/** Milliseconds that a process has to end by itself, and the commands it runs with it. */
const endMs = 1_000;

/** Starts a program in a process of its own. */
export function startChild({ program, heapMb = 128, clock, log, answer }: ChildOptions): Child {
  const process = fork(program, [], {
    execArgv: [`--max-old-space-size=${heapMb}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const name = path.basename(program, path.extname(program));
  let alive = true;
  let asking = 0;
  const peer = channel(
    (message) => void (alive && process.send(message)),
    answer ?? (() => Promise.reject(new RangeError('nothing is answered here'))),
  );
  const end = (why: string) => {
    if (!alive) return;
    alive = false;
    const died = reactorErrors.workerDied({ why });
    peer.close(died);
    failed(died);
    if (process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGTERM');
    // One that is in a loop hears nothing, and must not outlive who would kill it later.
    const kill = () => void process.kill('SIGKILL');
    const cancel = clock.after(endMs, kill, true);
    self.once('exit', kill);
    process.once('exit', () => {
      cancel();
      self.off('exit', kill);
    });
  };
  let started = () => {};
  let failed: (error: Error) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    started = resolve;
    failed = reject;
  });
  // Whoever waits for it is told; nobody needs to.
  ready.catch(() => {});
  process.on('message', (message) => (message === readyMessage ? started() : peer.receive(message)));
  process.on('error', (error) => end(error.message));
  process.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  for (const stream of [process.stdout, process.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log('info', 'said by a child process', { program: name, text: text.slice(0, longestLine) });
    });
    if (stream instanceof Socket) stream.unref();
  }
  async function within<T>(ms: number, work: Promise<T>): Promise<T> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(ms, () => {
        reject(reactorErrors.workerDeadline({ ms }));
        end(`it did not answer within ${ms} ms`);
      });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
  // A child that nothing is asked of does not keep the master alive.
  process.unref();
  process.channel?.unref();
  return {
    async ask(what, of, deadlineMs) {
      if (asking++ === 0) process.channel?.ref();
      try {
        const answered = peer.ask(what, of);
        // Until it has started it is not to blame for the time.
        await within(startMs, Promise.race([ready, answered]));
        return await within(deadlineMs, answered);
      } finally {
        if (--asking === 0) process.channel?.unref();
      }
    },
    started: () => within(startMs, ready),
    alive: () => alive,
    kill: () => end('it was ended'),
  };
}
