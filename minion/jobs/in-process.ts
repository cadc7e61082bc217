import { fork, type ChildProcess } from 'node:child_process';
import { jobErrors } from '../../lib/errors/jobs.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import type { StatePlace, StateResult } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import type { FromWorker, JobOrder, JobReturn, ToWorker } from './messages.ts';

/** What a job's process may want of the minion. */
export interface WorkerHost {
  readonly ask: (question: string, body: JsonMap) => Promise<JsonMap>;
  readonly sendEvent: (tag: string, data: JsonMap) => Promise<boolean>;
  /** Where the state run of a job is. */
  progress(jid: string, place: StatePlace): void;
  /** The result of one state of `total`, for an event of the master's. */
  result(jid: string, result: StateResult, total: number): void;
}

export interface WorkerSettings {
  /** The script that, given the argument `worker`, becomes a job's process. */
  readonly script: string;
  /** What the process is to know besides the order. */
  readonly environment: Omit<Extract<ToWorker, { type: 'order' }>, 'type' | 'order'>;
}

/** How long a terminated job is given to end its children by itself, in ms. */
const PATIENCE_MS = 5000;

/**
 * Runs one job in a process of its own, and gives its return; a process that ends without one gives a failed return that
 * says how it ended. Aborting `signal` ends the process and all it has started.
 */
export function runInProcess(
  order: JobOrder,
  host: WorkerHost,
  settings: WorkerSettings,
  signal: AbortSignal,
): Promise<JobReturn> {
  const child = fork(settings.script, ['worker'], {
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const tell = (message: ToWorker): void => void (child.connected && child.send(message));
  return new Promise((resolve) => {
    let outcome: JobReturn | undefined;
    let force: NodeJS.Timeout | undefined;
    const terminate = (): void => {
      tell({ type: 'terminate' });
      force = setTimeout(() => killGroup(child), PATIENCE_MS);
    };
    signal.addEventListener('abort', terminate, { once: true });
    child.on('message', (message: FromWorker) => {
      if (message.type === 'done') outcome = message.outcome;
      else if (message.type === 'progress') host.progress(order.jid, message.place);
      else if (message.type === 'result') host.result(order.jid, message.result, message.total);
      else void answer(message, host).then(tell);
    });
    child.on(
      'error',
      (cause) => (outcome ??= failedReturn(jobErrors.workerEnded({ fun: order.fun, how: cause.message }).message)),
    );
    child.on('close', (code, killer) => {
      clearTimeout(force);
      signal.removeEventListener('abort', terminate);
      // What the job has left running in its group goes with it.
      killGroup(child);
      const how = killer ? `killed by ${killer}` : `exit code ${code}`;
      resolve(outcome ?? failedReturn(jobErrors.workerEnded({ fun: order.fun, how }).message));
    });
    tell({ type: 'order', order, ...settings.environment });
    if (signal.aborted) terminate();
  });
}

/** The return of a job that could not be run to its end. */
export function failedReturn(reason: string): JobReturn {
  return { return: reason, success: false, retcode: 1, out: 'nested' };
}

async function answer(
  message: Extract<FromWorker, { type: 'question' | 'event' }>,
  host: WorkerHost,
): Promise<ToWorker> {
  const { id } = message;
  try {
    if (message.type === 'event')
      return { type: 'answer', id, body: { sent: await host.sendEvent(message.tag, message.data) } };
    return { type: 'answer', id, body: await host.ask(message.question, message.body) };
  } catch (thrown) {
    return {
      type: 'refusal',
      id,
      code: thrown instanceof TsaltError ? thrown.code : 'TS_INTERNAL',
      message: messageOf(thrown),
    };
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}
