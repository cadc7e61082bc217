import { fork } from 'node:child_process';
import { jobErrors } from '../../lib/errors/jobs.ts';
import { answeredCode } from '../../lib/errors/answered.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import type { StatePlace, StateResult } from '../../lib/contracts/state.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { isStateRun } from '../../lib/state-runs.ts';
import { groupsUnder, signalGroup } from '../../lib/system/process-tree.ts';
import type { FromWorker, JobOrder, JobReturn, ToWorker } from './messages.ts';

/** What a job's process may want of the minion. */
export interface WorkerHost {
  readonly ask: (question: string, body: JsonMap) => Promise<JsonMap>;
  /** `jid`: the job that it is of. */
  readonly sendEvent: (tag: string, data: JsonMap, jid: string) => Promise<boolean>;
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

/** How a running job is told to end, and what it tells. Each signal's reason says who wants it, for a person. */
export interface JobControl {
  /** Aborted: it is to end, and all it has started; what does not is killed a little later. */
  readonly term: AbortSignal;
  /** Aborted: it is killed, and all it has started. */
  readonly kill?: AbortSignal;
  /** Its process is there. */
  readonly began?: (pid: number) => void;
}

/**
 * Runs one job in a process of its own, and gives its return; a process that ends without one, or was told to end and did
 * not get done, gives a failed return that says why.
 */
export function runInProcess(
  order: JobOrder,
  host: WorkerHost,
  settings: WorkerSettings,
  { term, kill, began }: JobControl,
): Promise<JobReturn> {
  const child = fork(settings.script, ['worker'], {
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const tell = (message: ToWorker, told = (): void => {}): void => {
    if (child.connected) child.send(message, told);
    else told();
  };
  return new Promise((resolve) => {
    let outcome: JobReturn | undefined;
    let force: NodeJS.Timeout | undefined;
    const terminate = (): void => {
      // It knows before its commands end: else it would go on with what comes after them.
      tell({ type: 'terminate', reason: messageOf(term.reason) }, () => {
        if (child.pid !== undefined) for (const group of groupsUnder(child.pid)) signalGroup(group, 'SIGTERM');
      });
      force = setTimeout(killAll, PATIENCE_MS);
    };
    const killAll = (): void => {
      if (child.pid === undefined) return;
      const groups = groupsUnder(child.pid);
      // First who could start more.
      for (const group of [child.pid, ...groups]) signalGroup(group, 'SIGKILL');
    };
    term.addEventListener('abort', terminate, { once: true });
    kill?.addEventListener('abort', killAll, { once: true });
    if (child.pid !== undefined) began?.(child.pid);
    child.on('message', (message: FromWorker) => {
      if (message.type === 'done') outcome = message.outcome;
      else if (message.type === 'progress') host.progress(order.jid, message.place);
      else if (message.type === 'result') host.result(order.jid, message.result, message.total);
      else void answer(message, order.jid, host).then((message) => tell(message));
    });
    child.on(
      'error',
      (cause) => (outcome ??= failedReturn(jobErrors.workerEnded({ fun: order.fun, how: cause.message }).message)),
    );
    child.on('close', (code, killer) => {
      clearTimeout(force);
      term.removeEventListener('abort', terminate);
      kill?.removeEventListener('abort', killAll);
      // What the job has left running in its group goes with it.
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      const how = killer ? `killed by ${killer}` : `exit code ${code}`;
      const told = kill?.aborted ? kill : term.aborted ? term : undefined;
      // A state run that had begun says of each state that it was not run.
      const saysSo = isStateRun(order.fun) && isMap(outcome?.return);
      if (told && !(outcome?.success || saysSo)) return resolve(failedReturn(messageOf(told.reason)));
      resolve(outcome ?? failedReturn(jobErrors.workerEnded({ fun: order.fun, how }).message));
    });
    tell({ type: 'order', order, ...settings.environment });
    if (kill?.aborted) killAll();
    else if (term.aborted) terminate();
  });
}

/** The return of a job that could not be run to its end. */
export function failedReturn(reason: string): JobReturn {
  return { return: reason, success: false, retcode: 1, out: 'nested' };
}

async function answer(
  message: Extract<FromWorker, { type: 'question' | 'event' }>,
  jid: string,
  host: WorkerHost,
): Promise<ToWorker> {
  const { id } = message;
  try {
    if (message.type === 'event')
      return { type: 'answer', id, body: { sent: await host.sendEvent(message.tag, message.data, jid) } };
    return { type: 'answer', id, body: await host.ask(message.question, message.body) };
  } catch (thrown) {
    return {
      type: 'refusal',
      id,
      code: thrown instanceof TsaltError ? thrown.code : 'TS_INTERNAL',
      message: messageOf(thrown),
      answered: answeredCode(thrown),
    };
  }
}
