import type { Clock } from '../../lib/clock.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import type { Json } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { startChild, type Child } from './child.ts';

export interface RenderPoolOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Processes beside each other. */
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
  stop(): void;
  counters(): { readonly started: number; readonly killed: number; readonly waiting: number };
}

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
  next(): void;
}

/** Some child processes that render, started when first needed. */
export function renderPool(options: RenderPoolOptions): RenderPool {
  const { clock, log, size = 2, heapMb = 128, deadlineMs = 10_000 } = options;
  const counters = { started: 0, killed: 0 };
  const suspects = new Set<string>();
  const teams = { all: teamOf(size), suspects: teamOf(1) };
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
          teams.suspects.next();
          continue;
        }
        const child = idle.pop() ?? (children.size < most ? start() : undefined);
        if (!child) return;
        const task = waiting.shift();
        if (task) void work(child, task);
      }
    };
    const start = () => {
      counters.started++;
      const child = startChild({ program: 'render-child', heapMb, clock, log });
      children.add(child);
      return child;
    };
    const work = async (child: Child, task: Task) => {
      try {
        task.resolve(await child.ask(task.what, task.of, deadlineMs));
      } catch (error) {
        if (error instanceof TsaltError && error.code.startsWith('TS_REACTOR_WORKER')) {
          counters.killed++;
          suspects.add(task.file);
        }
        task.reject(error);
      }
      if (child.alive()) idle.push(child);
      else children.delete(child);
      next();
    };
    return { waiting, children, next };
  }

  return {
    run(file, what, of) {
      return new Promise((resolve, reject) => {
        const team = suspects.has(file) ? teams.suspects : teams.all;
        team.waiting.push({ file, what, of, resolve, reject });
        team.next();
      });
    },
    stop() {
      stopped = true;
      for (const { children } of [teams.all, teams.suspects]) for (const child of children) child.kill();
    },
    counters: () => ({ ...counters, waiting: teams.all.waiting.length + teams.suspects.waiting.length }),
  };
}
