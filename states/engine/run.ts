import type { Clock } from '../../lib/clock.ts';
import type { Foreseen, Machine, Reading, Required, StepResult } from '../../lib/contracts/machine.ts';
import type { Domain, Outcome, Plan, StateFunction, StateResult } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import type { Chunk } from './chunk.ts';
import { hasConditions, whyNot, type CallExecution } from './conditions.ts';
import { weigh, type Ending } from './verdict.ts';

export interface RunOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  /** Given, nothing is changed: the machine as it will be once all that is planned so far is done. */
  readonly foreseen?: Foreseen | undefined;
  /** The run ends at its first failure. */
  readonly failhard?: boolean;
  /** Aborted: no further state is begun. */
  readonly signal?: AbortSignal | undefined;
  /** Runs execution functions that conditions name. */
  readonly call?: CallExecution | undefined;
  /** Told of each result as it comes. */
  readonly onResult?: ((tag: string, result: StateResult) => void) | undefined;
}

// A chunk's arguments were made by the schema of its own function.
type Runnable = StateFunction<never, unknown>;

/** How one state ended. */
interface Done extends Ending {
  readonly shown: Pick<StateResult, 'result' | 'changes' | 'comment'>;
  readonly warnings?: readonly string[] | undefined;
  /** Conditions kept it from running: nothing it watches can wake it. */
  readonly ran?: false;
}

/** Runs states in their order; gives their results by Salt's keys. Raises nothing: what a state throws is its result. */
export async function runChunks(chunks: readonly Chunk[], options: RunOptions): Promise<Record<string, StateResult>> {
  const { clock, failhard = false, signal, onResult } = options;
  const runner = new Runner(options, chunks);
  const results: Record<string, StateResult> = {};
  const endings = new Map<Chunk, Ending>();
  for (const [number, chunk] of chunks.entries()) {
    if (signal?.aborted) break;
    const now = clock.now();
    const began = clock.monotonic();
    const verdict = weigh(chunk, endings);
    let done: Done | Promise<Done>;
    if (verdict.run) done = runner.run(chunk, verdict.watched, verdict.unsure);
    else {
      const { result, comment } = verdict;
      done = { result, changes: false, shown: { result, changes: {}, comment } };
    }
    // Only what really waits is waited for.
    if (done instanceof Promise) done = await done;
    endings.set(chunk, done);
    const { name, id, sls, tag } = chunk;
    const { result, changes, comment } = done.shown;
    const entry: StateResult = {
      name,
      changes,
      result,
      comment,
      __sls__: sls.name,
      __run_num__: number,
      start_time: timeOfDay(now, began),
      duration: Math.round((clock.monotonic() - began) * 1000) / 1000,
      __id__: id,
    };
    // As in Salt, what a failed requisite stops has a result of its own.
    if (!verdict.run && result !== false) entry.__state_ran__ = false;
    if (done.warnings && done.warnings.length > 0) entry.warnings = [...done.warnings];
    results[tag] = entry;
    onResult?.(tag, entry);
    // Test mode tells of everything.
    if (result === false && !options.foreseen && (chunk.failhard ?? failhard)) break;
  }
  return results;
}

class Runner {
  private readonly options: RunOptions;
  /** What states read: in test mode with all plans so far laid over it. */
  private readonly view: Reading;
  /** Test mode: parts of the machine that a planned step changes in ways nobody can tell. */
  private readonly obscured = new Set<Domain>();
  /** Test mode: something is planned already, so that conditions are asked too early. */
  private hasPlans = false;
  private readonly places: ReadonlyMap<Chunk, number>;
  /** Whose own conditions kept them from running. */
  private readonly kept = new Set<Chunk>();
  private dependents: ReadonlyMap<Chunk, readonly Chunk[]> | undefined;

  constructor(options: RunOptions, chunks: readonly Chunk[]) {
    this.options = options;
    this.view = options.foreseen ?? options.machine;
    this.places = new Map(chunks.map((chunk, place) => [chunk, place]));
  }

  /** `unsure`: test mode can't tell whether it runs at all. */
  run(chunk: Chunk, watched: boolean, unsure: boolean): Done | Promise<Done> {
    if (hasConditions(chunk)) return this.runConditionally(chunk, watched, unsure);
    return this.act(chunk, watched, unsure);
  }

  private async runConditionally(chunk: Chunk, watched: boolean, unsure: boolean): Promise<Done> {
    try {
      const reason = await whyNot(chunk, this.view, this.options.call);
      if (!reason) return await this.act(chunk, watched, unsure);
      const isForeseen = this.options.foreseen !== undefined;
      const mayChange = isForeseen && (reason.asked ? this.hasPlans : this.obscured.has('files'));
      if (mayChange) return unknown(`${reason.comment}, before what is planned: unknown until run`);
      this.kept.add(chunk);
      return {
        result: true,
        changes: false,
        shown: { result: true, changes: {}, comment: reason.comment },
        ran: false,
      };
    } catch (thrown) {
      return failed(thrown);
    }
  }

  private act(chunk: Chunk, watched: boolean, unsure: boolean): Done | Promise<Done> {
    const state = chunk.state as Runnable;
    try {
      const facts = state.read(chunk.args as never, this.viewOf(chunk));
      if (facts instanceof Promise)
        return facts.then((known) => this.settle(chunk, known, watched, unsure)).catch(failed);
      const done = this.settle(chunk, facts, watched, unsure);
      return done instanceof Promise ? done.catch(failed) : done;
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** What the state reads, with the states that it requires and that require it. */
  private viewOf(chunk: Chunk): Reading {
    // Few states ask.
    return Object.create(this.view, {
      required: { get: () => this.requiredOf(chunk) },
      requiredBy: {
        get: () => this.dependentsOf(chunk).map(({ module, fun, name }) => ({ fun: `${module}.${fun}`, name })),
      },
    }) as Reading;
  }

  private requiredOf(chunk: Chunk): Required[] {
    const place = (one: Chunk): number => this.places.get(one) ?? 0;
    return [...new Set(requirements(chunk))]
      .sort((a, b) => place(a) - place(b))
      .map((one) => ({ fun: `${one.module}.${one.fun}`, name: one.name, args: one.args, ran: !this.kept.has(one) }));
  }

  private dependentsOf(chunk: Chunk): readonly Chunk[] {
    if (!this.dependents) {
      const dependents = new Map<Chunk, Chunk[]>();
      for (const dependent of this.places.keys()) {
        for (const one of requirements(dependent)) {
          const known = dependents.get(one);
          if (known) known.push(dependent);
          else dependents.set(one, [dependent]);
        }
      }
      this.dependents = dependents;
    }
    return this.dependents.get(chunk) ?? [];
  }

  private settle(chunk: Chunk, facts: unknown, watched: boolean, unsure: boolean): Done | Promise<Done> {
    const state = chunk.state as Runnable;
    const args = chunk.args as never;
    let plan = state.plan(args, facts);
    if (plan.impossible === true) {
      return {
        result: false,
        changes: false,
        shown: { result: false, changes: {}, comment: plan.comment },
        warnings: plan.warnings,
      };
    }
    if (watched && state.refresh && isEmpty(plan)) plan = state.refresh(args, facts);
    if (plan.impossible === true) {
      return {
        result: false,
        changes: false,
        shown: { result: false, changes: {}, comment: plan.comment },
        warnings: plan.warnings,
      };
    }
    return this.options.foreseen ? this.foretell(chunk, plan, unsure) : this.perform(chunk, plan);
  }

  /** Test mode: the plan is laid over what later states read, and told. */
  private foretell(chunk: Chunk, plan: Plan, unsure: boolean): Done {
    const { foreseen } = this.options;
    const { changes, comment, warnings } = plan;
    if (isEmpty(plan)) {
      if (unsure || chunk.state.reads.some((domain) => this.obscured.has(domain))) {
        return { ...unknown(`${comment} Unknown until run: it depends on states before it.`.trim()), warnings };
      }
      return { result: true, changes: false, shown: { result: true, changes, comment }, warnings };
    }
    this.hasPlans = true;
    for (const step of plan.steps) foreseen?.lay(step);
    for (const domain of plan.obscures ?? []) this.obscured.add(domain);
    const known = plan.unknownUntilRun !== true && !unsure;
    return {
      result: null,
      changes: known ? Object.keys(changes).length > 0 : undefined,
      shown: { result: null, changes, comment },
      warnings,
    };
  }

  private perform(chunk: Chunk, plan: Plan): Done | Promise<Done> {
    const results: StepResult[] = [];
    const { steps } = plan;
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index];
      if (!step) continue;
      try {
        const result = this.options.machine.perform(step);
        if (result instanceof Promise) return this.performRest(chunk, plan, results, result, index);
        results.push(result);
      } catch (thrown) {
        return stepFailed(thrown, index, steps.length);
      }
    }
    return finish(chunk, plan, results);
  }

  private async performRest(
    chunk: Chunk,
    plan: Plan,
    results: StepResult[],
    first: Promise<StepResult>,
    from: number,
  ): Promise<Done> {
    const { steps } = plan;
    let index = from;
    try {
      results.push(await first);
      for (index++; index < steps.length; index++) {
        const step = steps[index];
        if (step) results.push(await this.options.machine.perform(step));
      }
    } catch (thrown) {
      return stepFailed(thrown, index, steps.length);
    }
    return finish(chunk, plan, results);
  }
}

function requirements({ links }: Chunk): Chunk[] {
  return links.filter(({ kind }) => kind === 'require' || kind === 'watch').flatMap(({ chunks }) => chunks);
}

function finish(chunk: Chunk, plan: Plan, results: readonly StepResult[]): Done {
  const state = chunk.state as Runnable;
  const { changes, comment, done, warnings } = plan;
  const told = state.report && !isEmpty(plan) ? state.report(plan, results, chunk.args as never) : undefined;
  const outcome: Outcome = told ?? { result: true, changes, comment: isEmpty(plan) ? comment : (done ?? comment) };
  return {
    result: outcome.result,
    changes: Object.keys(outcome.changes).length > 0,
    shown: outcome,
    warnings,
  };
}

function isEmpty({ steps, changes, unknownUntilRun }: Plan): boolean {
  return steps.length === 0 && unknownUntilRun !== true && Object.keys(changes).length === 0;
}

function unknown(comment: string): Done {
  return { result: null, changes: undefined, shown: { result: null, changes: {}, comment } };
}

function failed(thrown: unknown): Done {
  return { result: false, changes: false, shown: { result: false, changes: {}, comment: messageOf(thrown) } };
}

function stepFailed(thrown: unknown, index: number, of: number): Done {
  return failed(stateErrors.stepFailed({ problem: messageOf(thrown), step: index + 1, of }, { cause: thrown }));
}

/** Local time of day to the microsecond; the clock that never jumps gives what is below a millisecond. */
function timeOfDay(now: number, monotonic: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, '0');
  const micro = String(Math.floor((monotonic % 1) * 1000)).padStart(3, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}${micro}`;
}
