import * as v from 'valibot';
import type { Reading, StepResult } from '../../lib/contracts/machine.ts';
import { impossible, type Domain, type Outcome, type Plan } from '../../lib/contracts/state.ts';
import { isJson, isMap, type Json, type JsonMap } from '../../lib/json.ts';

/* What `module.run` and `module.wait` have in common: execution functions, in both of Salt's ways to write them. */

export const moduleArgs = {
  name: v.pipe(v.string(), v.minLength(1)),
  /** `- test.echo: [hello]`, one or more; or the arguments of the function that `name` is. */
  functions: v.record(v.string(), v.custom<Json>(isJson, 'a value')),
};

export interface ModuleArgs {
  readonly name: string;
  readonly functions: Readonly<Record<string, Json>>;
}

interface Call {
  /** As it is written: a function that stands here twice has a number after a colon. */
  readonly label: string;
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
  /** Written the older way: Salt then words it otherwise. */
  readonly isLegacy?: boolean;
}

export interface CallFacts {
  /** Functions that can't be called, and why. */
  readonly problems: readonly string[];
}

/** The calls that are wanted; as text what is wrong with how they are written. */
function callsOf({ name, functions }: ModuleArgs): readonly Call[] | string {
  const labels = Object.keys(functions);
  if (labels.length === 0 || labels.some((label) => !label.includes('.'))) return legacyCall(name, functions);
  const calls: Call[] = [];
  for (const label of labels) {
    const given = functions[label] ?? null;
    if (given !== null && !Array.isArray(given)) return `the arguments of ${label} have to be a list`;
    const args = (given ?? []).filter((item) => !isMap(item));
    const kwargs = Object.assign({}, ...(given ?? []).filter((item) => isMap(item))) as JsonMap;
    calls.push({ label, fun: label.split(':')[0] ?? label, args, kwargs });
  }
  return calls;
}

/** The older way: `name` is the function, and what would mean something else to a state has `m_` before it. */
function legacyCall(name: string, { args = [], kwargs = {}, ...named }: ModuleArgs['functions']): Call[] | string {
  if (!/^\w+\.\w+$/.test(name)) return `'${name}' is not a function, such as test.ping`;
  if (!Array.isArray(args)) return "'args' must be a list.";
  if (!isMap(kwargs)) return "'kwargs' must be a dict.";
  const renamed = Object.entries(named).map(([key, value]) => [key.replace(/^m_/, ''), value] as const);
  return [
    {
      label: name,
      fun: name,
      args,
      kwargs: { ...Object.fromEntries(renamed), ...(kwargs as JsonMap) },
      isLegacy: true,
    },
  ];
}

/** The complaint about how the calls are written. */
export function checkCalls(given: ModuleArgs): string | undefined {
  const calls = callsOf(given);
  return typeof calls === 'string' ? calls : undefined;
}

export async function readCalls(given: ModuleArgs, { functions }: Reading): Promise<CallFacts> {
  const calls = callsOf(given);
  if (typeof calls === 'string') return { problems: [calls] };
  if (!functions) return { problems: ['Functions can be called by a minion only'] };
  const problems = await Promise.all(calls.map(({ fun, args, kwargs }) => functions.whyNot(fun, args, kwargs)));
  return { problems: problems.filter((problem) => problem !== undefined) };
}

const everything: readonly Domain[] = ['files', 'packages', 'services', 'accounts'];

export function planCalls(given: ModuleArgs, { problems }: CallFacts): Plan {
  const calls = callsOf(given);
  if (problems.length > 0 || typeof calls === 'string') return impossible(problems.join('\n'));
  const names = calls.map(({ fun }) => fun);
  const [only] = calls;
  return {
    changes: {},
    comment: only?.isLegacy
      ? `Module function ${only.fun} is set to execute`
      : `Function${names.length > 1 ? 's' : ''} ${names.join(', ')} to be executed.`,
    steps: calls.map(({ fun, args, kwargs }) => ({ do: 'call', fun, args, kwargs })),
    unknownUntilRun: true,
    obscures: everything,
  };
}

/** What the functions gave. One fails by saying so: with a code, with false, or by a `result` or `retcode` in its answer. */
export function reportCalls(_: Plan, results: readonly StepResult[], given: ModuleArgs): Outcome {
  const calls = callsOf(given);
  const isLegacy = typeof calls !== 'string' && calls[0]?.isLegacy === true;
  const answers = results.filter((step) => step.did === 'call');
  const failures: string[] = [];
  const successes: string[] = [];
  const changes: JsonMap = {};
  for (const [index, { fun, answer, retcode }] of answers.entries()) {
    const label = (typeof calls === 'string' ? undefined : calls[index]?.label) ?? fun;
    const said = isMap(answer) && typeof answer['comment'] === 'string' ? answer['comment'] : undefined;
    if (retcode === 0 && saysWell(answer)) {
      successes.push(`${label}: ${said ?? (isMap(answer) ? 'Success' : shown(answer))}`);
      changes[label] = answer;
    } else if (answer === false) failures.push(`'${label}': False`);
    else failures.push(`'${label}' failed: ${said ?? shown(answer)}`);
  }
  if (isLegacy && failures.length === 0)
    return {
      result: true,
      changes: { ret: answers[0]?.answer ?? null },
      comment: `Module function ${given.name} executed`,
    };
  return { result: failures.length === 0, changes, comment: [...failures, ...successes].join(', ') };
}

/** Salt's rule. */
function saysWell(answer: Json): boolean {
  if (typeof answer === 'boolean') return answer;
  if (!isMap(answer)) return true;
  return Object.entries(answer).every(([key, value]) => {
    if (key === 'result' && value === false) return false;
    if (key === 'retcode' && value !== 0) return false;
    return !isMap(value) || saysWell(value as JsonMap);
  });
}

function shown(answer: Json): string {
  if (typeof answer === 'string') return answer;
  return answer === true ? 'True' : JSON.stringify(answer);
}
