import type { Clock } from '../../lib/clock.ts';
import type { Foreseen, Machine } from '../../lib/contracts/machine.ts';
import { messageOf } from '../../lib/errors/error.ts';
import type { RunWatcher, StatePlace, StateResult } from '../../lib/contracts/state.ts';
import type { Chunk } from './chunk.ts';
import type { Retry } from './common-arguments.ts';
import type { CallExecution } from './conditions.ts';
import { retried, retryNote } from './retry.ts';
import { Runner, type Done } from './runner.ts';
import { weigh, type Ending, type Verdict } from './verdict.ts';

export interface RunOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  /** Given, nothing is changed: the machine as it will be once all that is planned so far is done. */
  readonly foreseen?: Foreseen | undefined;
  /** The run ends at its first failure. */
  readonly failhard?: boolean;
  /** Which states do what others of their kind have to do, too, in one go, where they don't say: all, or these modules'. */
  readonly aggregate?: boolean | readonly string[] | undefined;
  /** Aborted: no further state is begun; each says why, by the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Runs execution functions that conditions name. */
  readonly call?: CallExecution | undefined;
  readonly watcher?: RunWatcher | undefined;
  /** Fires an event with the result of a state that asked for it: under a tag of its own, or Salt's. */
  readonly onEvent?: ((chunk: Chunk, result: StateResult) => Promise<void>) | undefined;
  /** What a state may have changed is made anew for those after it. */
  readonly reload?: ((what: Chunk['reloads']) => Promise<Machine>) | undefined;
  readonly random?: (() => number) | undefined;
}

/** Runs states in their order; gives their results by Salt's keys. Raises nothing: what a state throws is its result. */
export async function runChunks(chunks: readonly Chunk[], options: RunOptions): Promise<Record<string, StateResult>> {
  const run = new Run(chunks, options);
  await run.all();
  await run.listeners();
  return run.ended();
}

class Run {
  private readonly chunks: readonly Chunk[];
  private readonly options: RunOptions;
  private readonly runner: Runner;
  private readonly endings = new Map<Chunk, Ending>();
  /** How a test run of what has something before it ended, made when that had its turn. */
  private readonly foretold = new Map<Chunk, Done>();
  /** States that run beside those after them. */
  private readonly beside = new Map<Chunk, Promise<void>>();
  private readonly entries: { readonly tag: string; readonly entry: StateResult }[] = [];
  private readonly events: Promise<void>[] = [];
  private number = 0;
  private isOver = false;

  constructor(chunks: readonly Chunk[], options: RunOptions) {
    this.chunks = chunks;
    this.options = options;
    this.runner = new Runner(options, chunks, (chunk) => this.isFree(chunk));
  }

  /** The results, once all events are on their way. */
  async ended(): Promise<Record<string, StateResult>> {
    await Promise.all(this.events);
    const inOrder = this.entries.sort((a, b) => a.entry.__run_num__ - b.entry.__run_num__);
    return Object.fromEntries(inOrder.map(({ tag, entry }) => [tag, entry]));
  }

  async all(): Promise<void> {
    for (const chunk of this.chunks) {
      if (this.isOver) break;
      if (this.options.signal?.aborted) {
        this.unrun(chunk, this.options.signal.reason);
        continue;
      }
      if (this.beside.size > 0) await this.waitFor(chunk);
      if (chunk.parallel && !this.options.foreseen) {
        this.beside.set(chunk, this.one(chunk) ?? Promise.resolve());
        continue;
      }
      // Only what really waits is waited for.
      const running = this.one(chunk);
      if (running) await running;
    }
    await Promise.all(this.beside.values());
  }

  /** The run was told to end before this one had its turn. */
  private unrun(chunk: Chunk, reason: unknown): void {
    const shown = { result: false, changes: {}, comment: `not run: ${messageOf(reason)}` };
    void this.finish(chunk, this.start(chunk), { result: false, changes: false, skipped: true, shown }, undefined);
  }

  /** What is done at the end, once each, because something listened to has changed. */
  async listeners(): Promise<void> {
    for (const chunk of this.chunks) {
      if (this.isOver || this.options.signal?.aborted) return;
      const heard = chunk.links
        .filter(({ kind }) => kind === 'listen')
        .flatMap(({ chunks }) => chunks)
        .filter((other) => this.endings.get(other)?.changes !== false && this.endings.has(other));
      if (heard.length === 0) continue;
      const started = this.start(chunk);
      const done = await this.runner.refresh(
        chunk,
        heard.some((other) => this.endings.get(other)?.changes === undefined),
      );
      const { module, id, name } = chunk;
      const listener = { ...chunk, id: `listener_${id}`, tag: `${module}_|-listener_${id}_|-${name}_|-mod_watch` };
      await this.finish(listener, started, done, undefined);
    }
  }

  /** States beside this one that it is tied to have to be over. */
  private async waitFor(chunk: Chunk): Promise<void> {
    const others = chunk.links.flatMap(({ chunks }) => chunks);
    for (const other of [...others, ...others.flatMap(({ links }) => links.flatMap(({ chunks }) => chunks))]) {
      await this.beside.get(other);
    }
  }

  private start({ module, fun, name }: Chunk): Started {
    const { clock, watcher } = this.options;
    const number = this.number++;
    const place = { fun: `${module}.${fun}`, name, number, total: Math.max(this.chunks.length, this.number) };
    watcher?.began?.(place);
    return { place, now: clock.now(), began: clock.monotonic() };
  }

  private one(chunk: Chunk): Promise<void> | undefined {
    const started = this.start(chunk);
    if (chunk.links.some(({ kind }) => kind === 'prereq')) {
      return this.foretell(chunk).then(() => this.judged(chunk, started));
    }
    return this.judged(chunk, started);
  }

  private judged(chunk: Chunk, started: Started): Promise<void> | undefined {
    const verdict = weigh(chunk, this.endings, this.foretold);
    const done = verdict.run ? this.act(chunk, verdict) : this.spared(chunk, verdict);
    if (done instanceof Promise) return done.then((ended) => this.finish(chunk, started, ended, verdict));
    return this.finish(chunk, started, done, verdict);
  }

  /** Whether it could have its turn now: all that it is tied to is over, and lets it run. */
  private isFree(chunk: Chunk): boolean {
    if (chunk.links.length === 0) return true;
    const others = chunk.links.flatMap(({ chunks }) => chunks);
    if (!others.every((other) => this.endings.has(other))) return false;
    const verdict = weigh(chunk, this.endings, this.foretold);
    return verdict.run && !verdict.unsure;
  }

  /** What this state is a prereq of, looked at as if it had its turn now, nothing being changed. */
  private async foretell(chunk: Chunk): Promise<void> {
    for (const other of chunk.links.filter(({ kind }) => kind === 'prereq').flatMap(({ chunks }) => chunks)) {
      if (this.foretold.has(other)) continue;
      if (other.links.some(({ kind }) => kind === 'prereq')) await this.foretell(other);
      const verdict = weigh(
        { ...other, links: other.links.filter(({ kind }) => kind !== 'prerequired') },
        this.endings,
        this.foretold,
      );
      if (verdict.run)
        this.foretold.set(other, await this.runner.preview(other, this.woken(other, verdict), verdict.unsure));
      else {
        const { result, comment } = verdict;
        this.foretold.set(other, { result, changes: false, shown: { result, changes: {}, comment } });
      }
    }
  }

  /** What it watches that has changed, or may have; undefined when nothing has. */
  private woken({ links }: Chunk, { watched }: Verdict & { run: true }): readonly string[] | undefined {
    if (!watched) return undefined;
    return links
      .filter(({ kind }) => kind === 'watch')
      .flatMap(({ chunks }) => chunks)
      .filter((other) => this.endings.get(other)?.changes !== false)
      .map(({ module, id }) => `${module}: ${id}`);
  }

  private act(chunk: Chunk, verdict: Verdict & { run: true }): Done | Promise<Done> {
    const { retry } = chunk;
    const woken = this.woken(chunk, verdict);
    const once = (): Done | Promise<Done> => this.runner.run(chunk, woken, verdict.unsure);
    return retry === undefined || chunk.parallel ? once() : this.again(once, retry);
  }

  private async again(once: () => Done | Promise<Done>, retry: Retry): Promise<Done> {
    const { clock, foreseen, random = Math.random } = this.options;
    const first = await once();
    return foreseen ? noted(first, retryNote(retry)) : retried(retry, first, once, clock, random);
  }

  /** Why it does not run; of what had something before it for its sake, its own failure in the test run comes first. */
  private spared(chunk: Chunk, { result, comment, skipped }: Verdict & { run: false }): Done {
    const own = this.foretold.get(chunk);
    if (own?.result === false) return own;
    return { result, changes: false, skipped, shown: { result, changes: {}, comment } };
  }

  /** Takes a result; what is to be reloaded after it is waited for. */
  private finish(
    chunk: Chunk,
    { place, now, began }: Started,
    done: Done,
    verdict: Verdict | undefined,
  ): Promise<void> | undefined {
    const { clock, foreseen, failhard = false } = this.options;
    const { name, id, sls, tag, parallel } = chunk;
    const { result, changes, comment } = done.shown;
    if (verdict) this.endings.set(chunk, done);
    const entry: StateResult = {
      name,
      changes,
      result,
      comment,
      __sls__: sls.name,
      __run_num__: place.number,
      start_time: timeOfDay(now, began),
      duration: Math.round((clock.monotonic() - began) * 1000) / 1000,
      __id__: id,
    };
    if (done.skipped) entry.__state_ran__ = false;
    if (parallel && !foreseen) entry.__parallel__ = true;
    if (done.warnings && done.warnings.length > 0) entry.warnings = [...done.warnings];
    this.entries.push({ tag, entry });
    this.options.watcher?.ended?.(entry, place);
    const event = chunk.event !== false && !foreseen ? this.options.onEvent?.(chunk, entry) : undefined;
    if (event) this.events.push(event);
    // Test mode tells of everything.
    if (result === false && !foreseen && (chunk.failhard ?? failhard)) this.isOver = true;
    const changed = verdict?.run === true && !foreseen && chunk.reloads.length > 0;
    return changed ? this.runner.reload(chunk.reloads) : undefined;
  }
}

interface Started {
  readonly place: StatePlace;
  readonly now: number;
  readonly began: number;
}

function noted(done: Done, note: string): Done {
  const { comment } = done.shown;
  return { ...done, shown: { ...done.shown, comment: [comment, note].join('  ') } };
}

/** Local time of day to the microsecond; the clock that never jumps gives what is below a millisecond. */
function timeOfDay(now: number, monotonic: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, '0');
  const micro = String(Math.floor((monotonic % 1) * 1000)).padStart(3, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}${micro}`;
}
