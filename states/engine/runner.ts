import type {
  Command,
  CommandResult,
  Foreseen,
  Machine,
  Reading,
  Required,
  StepResult,
} from '../../lib/contracts/machine.ts';
import type { Domain, Outcome, Plan, StateFunction, StateResult } from '../../lib/contracts/state.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { requirementsOf, type Chunk } from './chunk.ts';
import { commandOf, hasConditions, whyNot, type Verdict } from './conditions.ts';
import { inGoodTime } from './files.ts';
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
  /** Whose plan it is: with the arguments of others, where it does what they have to do, too. */
  readonly chunk: Chunk;
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
  /** Test mode: a planned step is to have grains or pillar made anew. */
  private hasReloads = false;
  /** Test mode: the state at hand ran a command to look at the machine, which is not yet as planned. */
  private hasLooked = false;
  private readonly places: ReadonlyMap<Chunk, number>;
  private readonly isFree: (chunk: Chunk) => boolean;
  private readonly dependents = new Map<Chunk, Chunk[]>();
  /** Whose own conditions kept them from running. */
  private readonly kept = new Set<Chunk>();

  /** `isFree`: nothing that a state is tied to keeps it from having its turn now. */
  constructor(options: RunOptions, chunks: readonly Chunk[], isFree: (chunk: Chunk) => boolean) {
    this.options = options;
    this.isFree = isFree;
    this.places = new Map(chunks.map((chunk, place) => [chunk, place]));
    for (const dependent of chunks) {
      for (const one of requirementsOf(dependent)) {
        const known = this.dependents.get(one);
        if (known) known.push(dependent);
        else this.dependents.set(one, [dependent]);
      }
    }
    this.machine = options.machine;
    this.foreseen = options.foreseen && noting(options.foreseen, () => (this.hasLooked = true));
  }

  /** What states read: in test mode with all plans so far laid over it. */
  private get view(): Reading {
    return this.foreseen ?? this.machine;
  }

  /** `woken`: what it watches that has changed. `unsure`: test mode can't tell whether it runs at all. */
  run(chunk: Chunk, woken: readonly string[] | undefined, unsure: boolean): Done | Promise<Done> {
    const act = (): Done | Promise<Done> => this.planned(chunk, woken, unsure, (planned) => this.together(planned));
    if (!hasConditions(chunk)) return act();
    return this.conditionally(chunk, act);
  }

  /** What it would do now; nothing is changed, or taken for done. */
  async preview(chunk: Chunk, woken: readonly string[] | undefined, unsure: boolean): Promise<Done> {
    const look = (): Done | Promise<Done> => this.planned(chunk, woken, unsure, (planned) => this.told(planned));
    return hasConditions(chunk) ? this.conditionally(chunk, look) : look();
  }

  /** What it does when something it listens to has changed. */
  async refresh(chunk: Chunk, unsure: boolean): Promise<Done> {
    const state = chunk.state as Runnable;
    if (!state.refresh) return wrong(`${chunk.module}.${chunk.fun} has nothing to do when something changes`);
    try {
      const facts = await this.read(chunk, this.viewOf(chunk));
      return await this.settle({ chunk, plan: state.refresh(chunk.args as never, facts, []), unsure });
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** Makes anew what states after this one see. */
  async reload(what: Chunk['reloads']): Promise<void> {
    if (this.options.reload) this.machine = await this.options.reload(what);
  }

  private async conditionally(chunk: Chunk, act: () => Done | Promise<Done>): Promise<Done> {
    let reason: Verdict | undefined;
    try {
      reason = await whyNot(chunk, this.view, this.options.call);
    } catch (thrown) {
      // What it lacks may be planned: the directory it runs in, a user, a program.
      return this.foreseen && this.hasPlans ? early(messageOf(thrown)) : failed(thrown);
    }
    this.kept.delete(chunk);
    try {
      if (!reason) return await act();
    } catch (thrown) {
      return failed(thrown);
    }
    const mayChange = reason.asked ? this.hasPlans : this.hasReloads || this.obscured.has('files');
    if (this.foreseen && mayChange) return early(reason.comment);
    this.kept.add(chunk);
    return right(reason.comment);
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
      return then({ chunk, plan: (woken && isIdle ? state.refresh?.(args, facts, woken) : undefined) ?? own, unsure });
    };
    const unread = (thrown: unknown): Done => (this.isTooEarly() ? early(messageOf(thrown)) : failed(thrown));
    this.hasLooked = false;
    try {
      const facts = this.read(chunk, this.viewOf(chunk));
      const done = facts instanceof Promise ? facts.then(plan) : plan(facts);
      return done instanceof Promise ? done.catch(unread) : done;
    } catch (thrown) {
      return unread(thrown);
    }
  }

  /** What a command said of the machine may be another thing once what is planned is done. */
  private isTooEarly(): boolean {
    return this.foreseen !== undefined && this.hasLooked && this.hasPlans;
  }

  /** Does what is planned, with what later states that aggregate have to do of the same kind. */
  private together(planned: Planned): Done | Promise<Done> {
    const { chunk, plan } = planned;
    if (plan.impossible === true || !chunk.state.aggregate || !this.aggregates(chunk) || isEmpty(plan))
      return this.settle(planned);
    const args = this.argsTogether(chunk);
    if (args === chunk.args) return this.settle(planned);
    return this.planTogether({ ...chunk, args }, planned).catch(failed);
  }

  private async planTogether(chunk: Chunk, own: Planned): Promise<Done> {
    const state = chunk.state as Runnable;
    const facts = await this.read(chunk, this.viewOf(own.chunk));
    const plan = state.plan(chunk.args as never, facts);
    // Another's mistake is its own.
    return this.settle(plan.impossible === true ? own : { chunk, plan, unsure: own.unsure });
  }

  private argsTogether(chunk: Chunk): Chunk['args'] {
    const state = chunk.state as Runnable;
    let { args } = chunk;
    for (const [other, place] of this.places) {
      if (place <= (this.places.get(chunk) ?? 0) || other.state !== chunk.state) continue;
      if (!this.aggregates(other) || hasConditions(other) || !this.isFree(other)) continue;
      args = state.aggregate?.(args as never, other.args as never) ?? args;
    }
    return args;
  }

  private aggregates({ aggregate, module, parallel }: Chunk): boolean {
    const { aggregate: all = false } = this.options;
    return !parallel && (aggregate ?? (typeof all === 'boolean' ? all : all.includes(module)));
  }

  /** What a state finds. Where a template that it renders needs what has to be fetched, it looks again when that is there. */
  private read({ state, args }: Chunk, view: Reading): unknown {
    return inGoodTime(() => state.read(args as never, view));
  }

  /** What the state reads, with the states that it requires and that require it. */
  private viewOf(chunk: Chunk): Reading {
    const dependents = this.dependents.get(chunk);
    const view = chunk.saltenv === this.view.saltenv ? this.view : viewIn(this.view, chunk.saltenv);
    if (chunk.links.length === 0 && !dependents) return view;
    // Few states ask.
    return Object.create(view, {
      required: { get: () => this.requiredOf(chunk) },
      requiredBy: { value: dependents?.map(({ module, fun, name }) => ({ fun: `${module}.${fun}`, name })) },
    }) as Reading;
  }

  private requiredOf(chunk: Chunk): Required[] {
    const place = (one: Chunk): number => this.places.get(one) ?? 0;
    return requirementsOf(chunk)
      .sort((a, b) => place(a) - place(b))
      .map((one) => ({ fun: `${one.module}.${one.fun}`, name: one.name, args: one.args, ran: !this.kept.has(one) }));
  }

  private settle(planned: Planned): Done | Promise<Done> {
    const { chunk, plan } = planned;
    if (!this.foreseen) {
      const done = this.perform(chunk, plan);
      return chunk.checks.length === 0 ? done : Promise.resolve(done).then((ended) => this.checked(chunk, ended));
    }
    const told = this.told(planned);
    if (told.result === null && !isEmpty(plan)) {
      this.hasPlans = true;
      this.hasReloads ||= chunk.reloads.length > 0;
      for (const step of plan.steps) this.foreseen.lay(step);
      for (const domain of plan.obscures ?? []) this.obscured.add(domain);
    }
    return told;
  }

  /** The plan as test mode tells it. */
  private told({ chunk, plan, unsure }: Planned): Done {
    const { changes, comment, warnings } = plan;
    const dependsOnPlans = chunk.state.reads.some((domain) => this.obscured.has(domain));
    if (plan.impossible === true) {
      // What can't be done yet may well be possible after what is planned.
      if (dependsOnPlans || this.isTooEarly()) return { ...early(comment), warnings };
      return { ...wrong(comment), warnings };
    }
    if (isEmpty(plan)) {
      if (unsure || dependsOnPlans) {
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

/** The machine with the sources of another environment. */
function viewIn(view: Reading, saltenv: string): Reading {
  const { sources, render } = view.inEnvironment(saltenv);
  return Object.create(view, {
    saltenv: { value: saltenv },
    sources: { value: sources },
    render: { value: render },
  }) as Reading;
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

/** Test mode: what is so before what is planned. */
function early(comment: string): Done {
  return unknown(`${comment}, before what is planned: unknown until run`);
}

/** The same machine, which tells of each command that looks at it. */
function noting(foreseen: Foreseen, onLook: () => void): Foreseen {
  const { processes } = foreseen;
  const run = (command: Command): Promise<CommandResult> => {
    onLook();
    return processes.run(command);
  };
  return Object.create(foreseen, { processes: { value: { run } } }) as Foreseen;
}

function failed(thrown: unknown): Done {
  return wrong(messageOf(thrown));
}

function stepFailed(thrown: unknown, index: number, of: number): Done {
  return failed(stateErrors.stepFailed({ problem: messageOf(thrown), step: index + 1, of }, { cause: thrown }));
}
