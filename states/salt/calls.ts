import * as v from 'valibot';
import type { StepResult } from '../../lib/contracts/machine.ts';
import type { MasterAnswer, MasterCall } from '../../lib/contracts/orchestration.ts';
import type { Outcome, Plan } from '../../lib/contracts/state.ts';
import { isMap } from '../../lib/json.ts';
import { jsonList, jsonMap } from '../../lib/schema/json.ts';

/* What `salt.runner` and `salt.wheel` have in common: one call of a function of the master. */

export const masterFunction = v.pipe(v.string(), v.regex(/^\w+(\.\w+)+$/, 'a function, such as manage.up'));

export const callArgs = {
  name: masterFunction,
  /** Positional arguments. */
  arg: v.optional(jsonList),
  /** Named arguments, beside those that stand here by their own names. */
  kwarg: v.optional(jsonMap, {}),
  saltenv: v.optional(v.string()),
  arguments: jsonMap,
};

const schema = v.object(callArgs);
type CallArgs = v.InferOutput<typeof schema>;

export function planCall(given: CallArgs, client: MasterCall['client']): Plan {
  const { name: fun, arg = [], kwarg, saltenv, arguments: named } = given;
  const call = { client, fun, arg, kwarg: { ...kwarg, ...named, ...(saltenv !== undefined && { saltenv }) } };
  return {
    changes: {},
    comment: `${title(client)} function '${fun}' would be executed.`,
    steps: [{ do: 'master', calls: [call] }],
    unknownUntilRun: true,
  };
}

export function reportCall(results: readonly StepResult[], fun: string, client: MasterCall['client']): Outcome {
  const [answer = { answer: null, error: 'it was not called' }] = answersOf(results);
  const why = whyFailed(answer);
  const words = `${title(client)} function '${fun}' ${why === undefined ? 'executed' : 'failed'}.`;
  return {
    result: why === undefined,
    changes: { return: answer.answer },
    comment: [words, ...(why === undefined || why === '' ? [] : [why])].join('\n'),
  };
}

export function answersOf(results: readonly StepResult[]): readonly MasterAnswer[] {
  return results.flatMap((result) => (result.did === 'master' ? result.answers : []));
}

/** Why an answer is a failure, empty where it speaks for itself (an orchestration in it that failed); undefined where it is none. */
export function whyFailed({ answer, error }: MasterAnswer): string | undefined {
  if (error !== undefined) return error;
  if (!isMap(answer)) return undefined;
  const isFailure = answer['success'] === false || (typeof answer['retcode'] === 'number' && answer['retcode'] !== 0);
  return isFailure ? '' : undefined;
}

const title = (client: MasterCall['client']): string => (client === 'wheel' ? 'Wheel' : 'Runner');
