import type { Clock } from '../../lib/clock.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { unpackError } from '../../lib/system/child/channel.ts';
import { startChild, type Child } from '../../lib/system/child/start.ts';
import { poolProgram } from './programs.ts';

export interface RenderPoolOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Processes beside each other, of each kind of rendering. */
  readonly size?: number;
  /** MiB of memory that one rendering may use. */
  readonly heapMb?: number;
  /** Milliseconds that one rendering may take. */
  readonly deadlineMs?: number;
}

export interface RenderPool {
  /**
   * Has a child process do it. `file` is whose work it is: a file that once killed its process is from then on done in a
   * process for such files only, so that it delays no other. Raises what the work raises, `TS_REACTOR_WORKER_DEADLINE`,
   * `TS_REACTOR_WORKER_DIED`.
   */
  run(file: string, what: string, of: Json): Promise<Json>;
  /** Has a process ready before the first reaction is to be rendered: starting one takes longer than hundreds of these. */
  warm(): void;
  stop(): void;
  counters(): { readonly started: number; readonly killed: number; readonly waiting: number };
}

/** Another process is started when some have waited for so many ms without a break: it costs as much as thousands of renderings. */
const MORE_AFTER_MS = 200;
/** Renderings of one file that go to a process in one message. */
const MOST_TOGETHER = 50;

interface Task {
  readonly file: string;
  readonly what: string;
  readonly of: Json;
  resolve(answer: Json): void;
  reject(error: unknown): void;
}

interface Team {
  readonly waiting: Task[];
  readonly children: ReadonlySet<Child>;
  /** Has the waiting ones done once all that come in this turn are there: they go together. */
  soon(): void;
  warm(): void;
}

/** How many of the first tasks are of one file: a message each way costs more than most renderings, so they go together. */
function together(waiting: readonly Task[]): number {
  const other = waiting.findIndex(({ file }) => file !== waiting[0]?.file);
  return Math.min(other < 0 ? waiting.length : other, MOST_TOGETHER);
}

/** Gives each task its answer; those that have none are to be asked again. */
function settle(tasks: readonly Task[], answers: Json): readonly Task[] {
  const list = Array.isArray(answers) ? answers : [];
  for (const [index, answer] of list.entries()) {
    if (!isMap(answer)) continue;
    if (answer['error'] === undefined) tasks[index]?.resolve((answer['value'] ?? null) as Json);
    else tasks[index]?.reject(unpackError(answer['error']));
  }
  return tasks.slice(list.length);
}

/** Some child processes that render, started when first needed. */
export function renderPool(options: RenderPoolOptions): RenderPool {
  const { clock, log, size = 2, heapMb = 128, deadlineMs = 10_000 } = options;
  const counters = { started: 0, killed: 0 };
  const suspects = new Set<string>();
  // Pillar waits for what is outside (`ext_pillar`): reactions are not to wait with it.
  const teams = { reactions: teamOf(size), pillar: teamOf(size), suspects: teamOf(1) };
  let stopped = false;

  function teamOf(most: number): Team {
    const waiting: Task[] = [];
    const idle: Child[] = [];
    const children = new Set<Child>();
    const next = () => {
      while (!stopped && waiting.length > 0) {
        // Its file became a suspect while it waited.
        if (waiting !== teams.suspects.waiting && suspects.has(waiting[0]?.file ?? '')) {
          teams.suspects.waiting.push(...waiting.splice(0, 1));
          teams.suspects.soon();
          continue;
        }
        const child = idle.pop();
        if (!child) return waitOrMore();
        void work(child, waiting.splice(0, waiting === teams.suspects.waiting ? 1 : together(waiting)));
      }
      cancelMore?.();
      cancelMore = undefined;
    };
    let cancelMore: (() => void) | undefined;
    const waitOrMore = () => {
      if (children.size === 0) more();
      else cancelMore ??= clock.after(MORE_AFTER_MS, stillWaiting);
    };
    const stillWaiting = () => {
      cancelMore = undefined;
      more();
    };
    // Nothing is given to a process that still starts: one that is there may be done sooner.
    let starting = false;
    const more = () => {
      if (stopped || starting || children.size >= most) return;
      starting = true;
      counters.started++;
      const child = startChild({ program: poolProgram('render-child'), heapMb, clock, log });
      children.add(child);
      void child
        .started()
        .then(
          () => idle.push(child),
          (error: unknown) => {
            children.delete(child);
            if (children.size === 0) fail(waiting.splice(0, together(waiting)), error);
          },
        )
        .finally(() => {
          starting = false;
          next();
        });
    };
    const work = async (child: Child, tasks: readonly Task[]) => {
      try {
        const asked = tasks.map(({ what, of }) => ({ what, of }));
        const answers = await child.ask('several', asked, deadlineMs);
        waiting.unshift(...settle(tasks, answers));
      } catch (error) {
        fail(tasks, error);
      }
      if (child.alive()) idle.push(child);
      else children.delete(child);
      next();
    };
    let called = false;
    const soon = () => {
      if (called) return;
      called = true;
      queueMicrotask(() => {
        called = false;
        next();
      });
    };
    const warm = () => {
      if (children.size === 0) more();
    };
    return { waiting, children, soon, warm };
  }

  /** Their process is gone, or did not answer. Which one of several is to blame shows when each is done by itself. */
  function fail(tasks: readonly Task[], error: unknown): void {
    const [first] = tasks;
    if (first && error instanceof TsaltError && error.code.startsWith('TS_REACTOR_WORKER')) {
      counters.killed++;
      suspects.add(first.file);
      if (tasks.length > 1) {
        teams.suspects.waiting.push(...tasks);
        return teams.suspects.soon();
      }
    }
    for (const task of tasks) task.reject(error);
  }

  return {
    run(file, what, of) {
      return new Promise((resolve, reject) => {
        const team = suspects.has(file) ? teams.suspects : what === 'pillar' ? teams.pillar : teams.reactions;
        team.waiting.push({ file, what, of, resolve, reject });
        team.soon();
      });
    },
    warm: () => teams.reactions.warm(),
    stop() {
      stopped = true;
      for (const { children } of Object.values(teams)) for (const child of children) child.kill();
    },
    counters: () => ({
      ...counters,
      waiting: Object.values(teams).reduce((sum, { waiting }) => sum + waiting.length, 0),
    }),
  };
}
