import type { Clock } from '../../lib/clock.ts';
import type { MasterCall, MasterStep, MinionJob } from '../../lib/contracts/orchestration.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { orchestrationErrors } from '../../lib/errors/orchestration.ts';
import { parseJid, type Jid } from '../../lib/ids.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { PillarOf } from '../pillar.ts';
import { startChild, type Child, type ChildOptions } from '../../lib/system/child/start.ts';
import { poolProgram } from '../pool/programs.ts';
import type { Answer, Orchestration, OrchestrationRequest } from './book.ts';
import type { StandIn, StandInWork } from './run-states.ts';
import { notReading, stepsOf, type Caller, type Permit, type StepsParts } from './steps.ts';

export interface OrchestrationsParts extends StepsParts {
  readonly newJid: () => Jid;
  readonly pillarOf: PillarOf;
  readonly standIn: Omit<StandIn, 'git'>;
  /** What git has now. */
  readonly git: () => StandIn['git'];
  readonly clock: Clock;
  readonly log: Log;
}

/** Without `test` the config says whether it is a test run. */
export type Asked = Omit<OrchestrationRequest, 'test'> & { readonly test?: boolean | undefined };

export interface Orchestrations {
  /**
   * Runs state files with the master in place of a minion. `jid` names one that there may be already: then it is that one's
   * answer. Who does not wait gets the jid alone. Raises `TS_ORCHESTRATION_...`.
   */
  orchestrate(request: Asked, caller: Caller, jid?: string): Promise<JsonMap>;
  /** The states of files as Salt's high data, or the mistakes in them, by the id of the stand-in; nothing is run. */
  show(request: Asked, caller: Caller): Promise<JsonMap>;
  /** The newest first, and how far they are. */
  list(limit: number): JsonMap[];
  /** Goes on with those that the master's end interrupted. */
  resume(): void;
  /** How many run, how many of these wait for room, and how many have ended. */
  counters(): Readonly<Record<'running' | 'waiting' | 'ended', number>>;
  /** They stay interrupted; a later start goes on with them. */
  stop(): void;
}

type ChildAnswer = NonNullable<ChildOptions['answer']>;

/** Processes beside each other; those that others call are not counted. */
const MOST_AT_ONCE = 10;
const MOST_WAITING = 100;
const MOST_NESTED = 8;
const COMPILE_MS = 60_000;
/** Minions come back one after the other once the master is there again. */
const RESUMED_TIMEOUT_SECONDS = 60;
/** MiB: it holds what all minions of some steps have returned, and what came of all states. */
const HEAP_MB = 512;

/** The orchestrations of a master. Each runs in a process of its own, which has the master do what only it can. */
export function orchestrations(parts: OrchestrationsParts): Orchestrations {
  const { book, clock, log, newJid, pillarOf, standIn } = parts;
  const running = new Map<Jid, Promise<Answer>>();
  const waiting: (() => void)[] = [];
  const over = new AbortController();
  let free = MOST_AT_ONCE;
  let ended = 0;

  /** One more may run, once there is room. The answer gives the room back. */
  async function room({ nesting }: Pick<Orchestration, 'nesting'>): Promise<() => void> {
    if (nesting > 0) return () => {};
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    return () => {
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
  }

  async function run(orchestration: Orchestration, isResumed: boolean, permit?: Permit): Promise<Answer> {
    const leave = await room(orchestration);
    try {
      const states = await statesOf(orchestration, isResumed, permit).catch((thrown: unknown): Json => {
        if (over.signal.aborted) throw thrown;
        return [messageOf(thrown)];
      });
      const answer: Answer = {
        data: { [standIn.id]: states },
        outputter: 'highstate',
        retcode: isGood(states) ? 0 : 1,
      };
      await book.end(orchestration, answer);
      ended++;
      return answer;
    } finally {
      leave();
    }
  }

  /** The return of the state run, or why there is none. */
  async function statesOf(orchestration: Orchestration, isResumed: boolean, permit?: Permit): Promise<Json> {
    over.signal.throwIfAborted();
    // What whoever gave it may do can't be asked any more.
    if (isResumed && orchestration.given) throw orchestrationErrors.notResumed(undefined);
    const timeoutSeconds = isResumed ? Math.max(parts.timeoutSeconds, RESUMED_TIMEOUT_SECONDS) : parts.timeoutSeconds;
    const gone = new AbortController();
    const signal = AbortSignal.any([over.signal, gone.signal]);
    const steps = stepsOf(orchestration, { ...parts, timeoutSeconds }, signal, permit);
    const work = await workOf(orchestration, orchestration.created);
    // The child runs our own program, which asks for nothing else.
    async function answer(what: string, of: Json): Promise<Json> {
      if (what === 'targets') {
        const { tgt, type } = of as { tgt: string | string[]; type: string };
        return steps.targets(tgt, type) as unknown as Json;
      }
      if (what === 'read') return steps.read(of as unknown as MasterCall);
      if (what === 'rehearse') return (await steps.rehearse(of as unknown as MinionJob)) as unknown as Json;
      return (await steps.perform(of as unknown as MasterStep)) as unknown as Json;
    }
    try {
      return await inChild(answer, async (child) => {
        const errors = await child.ask('compile', work, COMPILE_MS);
        return Array.isArray(errors) ? errors : child.ask('run', null, Infinity);
      });
    } finally {
      gone.abort();
    }
  }

  /** What the process of an orchestration is told. */
  async function workOf(request: Asked, now: number): Promise<Json> {
    const { mods, given, exclude, saltenv, test = standIn.test, pillar: override, pillarenv } = request;
    const { pillar, secrets } = await pillarOf(standIn.id, standIn.grains, { override, saltenv, pillarenv });
    const work: StandInWork = {
      ...standIn,
      git: parts.git(),
      mods: [...mods],
      ...(given && { given }),
      ...(exclude && { exclude: [...exclude] }),
      saltenv,
      test,
      pillar,
      secrets: [...secrets],
      now,
    };
    return work as unknown as Json;
  }

  /** Does what a process is needed for, which ends with it. */
  async function inChild<Value>(answer: ChildAnswer, work: (child: Child) => Promise<Value>): Promise<Value> {
    const child = startChild({ program: poolProgram('orchestrate-child'), heapMb: HEAP_MB, clock, log, answer });
    const kill = (): void => child.kill();
    over.signal.addEventListener('abort', kill, { once: true });
    try {
      return await work(child);
    } finally {
      over.signal.removeEventListener('abort', kill);
      kill();
    }
  }

  async function answerOf(orchestration: Orchestration, isResumed: boolean, permit?: Permit): Promise<JsonMap> {
    const { jid, ended } = orchestration;
    if (ended) {
      const answer = await book.answer(orchestration);
      if (!answer) throw orchestrationErrors.notKept({ jid });
      return answer;
    }
    const known = running.get(jid);
    if (known) return known;
    const answer = run(orchestration, isResumed, permit).finally(() => running.delete(jid));
    running.set(jid, answer);
    return answer;
  }

  function inBackground(orchestration: Orchestration, isResumed: boolean, permit?: Permit): void {
    const { jid } = orchestration;
    answerOf(orchestration, isResumed, permit).catch((cause: unknown) => {
      if (!over.signal.aborted) log('error', 'an orchestration was broken off', { jid, reason: messageOf(cause) });
    });
  }

  /** The one that is meant, recorded. */
  async function recorded(request: Asked, caller: Caller, wanted?: string): Promise<Orchestration> {
    const { once, user, nesting = 0, cause, depth } = caller;
    const known = once === undefined ? undefined : book.begunFor(once);
    const there = known ?? (wanted === undefined ? undefined : book.find(parseJid(wanted)));
    if (there) {
      const mods = there.mods.join(',');
      if (mods !== request.mods.join(',')) throw orchestrationErrors.otherMods({ jid: there.jid, mods });
      return there;
    }
    if (nesting > MOST_NESTED) throw orchestrationErrors.tooDeep({ most: MOST_NESTED });
    if (waiting.length >= MOST_WAITING) throw orchestrationErrors.full({ most: MOST_WAITING });
    const orchestration: Orchestration = {
      ...request,
      test: request.test ?? standIn.test,
      jid: wanted === undefined ? newJid() : parseJid(wanted),
      created: clock.now(),
      nesting,
      ...(once === undefined ? {} : { once }),
      ...(user === undefined ? {} : { user }),
      ...(cause === undefined ? {} : { cause }),
      ...(depth === undefined ? {} : { depth }),
    };
    await book.begin(orchestration);
    return orchestration;
  }

  return {
    async orchestrate(request, caller, wanted) {
      const orchestration = await recorded(request, caller, wanted);
      const { jid } = orchestration;
      caller.began?.(jid);
      // Files are the operators' own: whoever may have them run gets all that they do.
      const permit = request.given && caller.permit;
      if (caller.waits !== false) return answerOf(orchestration, false, permit);
      inBackground(orchestration, false, permit);
      return { jid };
    },
    async show(request, { user }) {
      if (waiting.length >= MOST_WAITING) throw orchestrationErrors.full({ most: MOST_WAITING });
      const leave = await room({ nesting: 0 });
      try {
        const work = await workOf(request, clock.now());
        const answer: ChildAnswer = async (_, of) => {
          // The child runs our own program, which asks for nothing else.
          const call = of as unknown as MasterCall;
          if (!parts.reads(call)) throw notReading(call);
          return parts.call(call, { user });
        };
        return { [standIn.id]: await inChild(answer, (child) => child.ask('show', work, COMPILE_MS)) };
      } finally {
        leave();
      }
    },
    list: (limit) =>
      book.list({ limit }).map(({ jid, mods, test, ended }) => ({
        jid,
        mods: mods.join(','),
        test,
        state: ended ? (ended.retcode === 0 ? 'succeeded' : 'failed') : running.has(jid) ? 'running' : 'interrupted',
        ...(ended ? {} : { steps: book.steps(jid) }),
      })),
    resume() {
      for (const orchestration of book.unfinished()) {
        const { jid, mods } = orchestration;
        log('info', 'an orchestration goes on where it was interrupted', { jid, mods: mods.join(',') });
        inBackground(orchestration, true);
      }
    },
    counters: () => ({ running: running.size, waiting: waiting.length, ended }),
    stop: () => over.abort(),
  };
}

/** Whether a run took place, and no state of it failed. */
function isGood(states: Json): boolean {
  if (!isMap(states)) return false;
  const entries = Object.values(states);
  return entries.length > 0 && entries.every((entry) => isMap(entry) && entry['result'] !== false);
}
