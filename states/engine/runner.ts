import type { Foreseen, Machine, Reading, StepResult } from '../../lib/contracts/machine.ts';
import type { Domain, Outcome, Plan, StateFunction, StateResult } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import type { Chunk } from './chunk.ts';
import { commandOf, hasConditions, whyNot } from './conditions.ts';
import type { RunOptions } from './run.ts';
import type { Ending } from './verdict.ts';

// A chunk's arguments were made by the schema of its own function.
type Runnable = StateFunction<never, unknown>;

/** How one state ended. */
export interface Done extends Ending {
  readonly shown: Pick<StateResult, 'result' | 'changes' | 'comment'>;
  readonly warnings?: readonly string[] | undefined;
}

/** A plan, and whether test mode can be sure of it. */
interface Planned {
  readonly plan: Plan;
  readonly unsure: boolean;
}

/** Runs one state at a time: conditions, reading, planning, doing; in test mode it stops before the last. */
export class Runner {
  private readonly options: RunOptions;
  private machine: Machine;
  private readonly foreseen: Foreseen | undefined;
  /** Test mode: parts of the machine that a planned step changes in ways nobody can tell. */
  private readonly obscured = new Set<Domain>();
  /** Test mode: something is planned already, so that conditions are asked too early. */
  private hasPlans = false;

  constructor(options: RunOptions) {
    this.options = options;
    this.machine = options.machine;
    this.foreseen = options.foreseen;
  }

  /** What states read: in test mode with all plans so far laid over it. */
  private get view(): Reading {
    return this.foreseen ?? this.machine;
  }

  /** `woken`: what it watches that has changed. `unsure`: test mode can't tell whether it runs at all. */
  run(chunk: Chunk, woken: readonly string[] | undefined, unsure: boolean): Done | Promise<Done> {
    const act = (): Done | Promise<Done> =>
      this.planned(chunk, woken, unsure, (planned) => this.settle(chunk, planned));
    if (!hasConditions(chunk)) return act();
    return this.conditionally(chunk, act);
  }

  /** What it would do now; nothing is changed, or taken for done. */
  async preview(chunk: Chunk, woken: readonly string[] | undefined, unsure: boolean): Promise<Done> {
    const look = (): Done | Promise<Done> => this.planned(chunk, woken, unsure, (planned) => this.told(chunk, planned));
    return hasConditions(chunk) ? this.conditionally(chunk, look) : look();
  }

  /** What it does when something it listens to has changed. */
  async refresh(chunk: Chunk, unsure: boolean): Promise<Done> {
    const state = chunk.state as Runnable;
    if (!state.refresh) return wrong(`${chunk.module}.${chunk.fun} has nothing to do when something changes`);
    try {
      const facts = await state.read(chunk.args as never, this.viewOf(chunk));
      return await this.settle(chunk, { plan: state.refresh(chunk.args as never, facts, []), unsure });
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** Makes anew what states after this one see. */
  async reload(what: Chunk['reloads']): Promise<void> {
    if (this.options.reload) this.machine = await this.options.reload(what);
  }

  private async conditionally(chunk: Chunk, act: () => Done | Promise<Done>): Promise<Done> {
    try {
      const reason = await whyNot(chunk, this.view, this.options.call);
      if (!reason) return await act();
      const mayChange = this.foreseen !== undefined && (reason.asked ? this.hasPlans : this.obscured.has('files'));
      if (mayChange) return unknown(`${reason.comment}, before what is planned: unknown until run`);
      return right(reason.comment);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** Reads and plans, at once where reading is. */
  private planned(
    chunk: Chunk,
    woken: readonly string[] | undefined,
    unsure: boolean,
    then: (planned: Planned) => Done | Promise<Done>,
  ): Done | Promise<Done> {
    const state = chunk.state as Runnable;
    const args = chunk.args as never;
    const plan = (facts: unknown): Done | Promise<Done> => {
      const own = state.plan(args, facts);
      const isIdle = own.impossible !== true && isEmpty(own);
      return then({ plan: (woken && isIdle ? state.refresh?.(args, facts, woken) : undefined) ?? own, unsure });
    };
    try {
      const facts = state.read(args, this.viewOf(chunk));
      const done = facts instanceof Promise ? facts.then(plan) : plan(facts);
      return done instanceof Promise ? done.catch(failed) : done;
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** What the state reads, with the states that it requires. */
  private viewOf({ links }: Chunk): Reading {
    if (links.length === 0) return this.view;
    const required = links
      .filter(({ kind }) => kind.startsWith('require') || kind.startsWith('watch'))
      .flatMap(({ chunks }) => chunks.map(({ module, fun, name }) => ({ fun: `${module}.${fun}`, name })));
    return Object.create(this.view, { required: { value: required } }) as Reading;
  }

  private settle(chunk: Chunk, planned: Planned): Done | Promise<Done> {
    const { plan } = planned;
    if (!this.foreseen) {
      const done = this.perform(chunk, plan);
      return chunk.checks.length === 0 ? done : Promise.resolve(done).then((ended) => this.checked(chunk, ended));
    }
    const told = this.told(chunk, planned);
    if (told.result === null && !isEmpty(plan)) {
      this.hasPlans = true;
      for (const step of plan.steps) this.foreseen.lay(step);
      for (const domain of plan.obscures ?? []) this.obscured.add(domain);
    }
    return told;
  }

  /** The plan as test mode tells it. */
  private told(chunk: Chunk, { plan, unsure }: Planned): Done {
    const { changes, comment, warnings } = plan;
    if (plan.impossible === true) return { ...wrong(comment), warnings };
    if (isEmpty(plan)) {
      if (unsure || chunk.state.reads.some((domain) => this.obscured.has(domain))) {
        return { ...unknown(`${comment} Unknown until run: it depends on states before it.`.trim()), warnings };
      }
      return { result: true, changes: false, shown: { result: true, changes, comment }, warnings };
    }
    const known = plan.unknownUntilRun !== true && !unsure;
    return {
      result: null,
      changes: known ? Object.keys(changes).length > 0 : undefined,
      shown: { result: null, changes, comment },
      warnings,
    };
  }

  /** Its commands have the last word on how it went. */
  private async checked(chunk: Chunk, done: Done): Promise<Done> {
    for (const text of chunk.checks) {
      const { code } = await this.machine.processes.run(commandOf(text, chunk));
      if (code !== 0) return decided(done, false, 'check_cmd determined the state failed');
    }
    return decided(done, true, 'check_cmd determined the state succeeded');
  }

  private perform(chunk: Chunk, plan: Plan): Done | Promise<Done> {
    if (plan.impossible === true) return { ...wrong(plan.comment), warnings: plan.warnings };
    const results: StepResult[] = [];
    const { steps } = plan;
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index];
      if (!step) continue;
      try {
        const result = this.machine.perform(step);
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
        if (step) results.push(await this.machine.perform(step));
      }
    } catch (thrown) {
      return stepFailed(thrown, index, steps.length);
    }
    return finish(chunk, plan, results);
  }
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

function decided(done: Done, result: boolean, comment: string): Done {
  return { ...done, result, shown: { ...done.shown, result, comment } };
}

function right(comment: string): Done {
  return { result: true, changes: false, shown: { result: true, changes: {}, comment } };
}

function wrong(comment: string): Done {
  return { result: false, changes: false, shown: { result: false, changes: {}, comment } };
}

function unknown(comment: string): Done {
  return { result: null, changes: undefined, shown: { result: null, changes: {}, comment } };
}

function failed(thrown: unknown): Done {
  return wrong(messageOf(thrown));
}

function stepFailed(thrown: unknown, index: number, of: number): Done {
  return failed(stateErrors.stepFailed({ problem: messageOf(thrown), step: index + 1, of }, { cause: thrown }));
}
