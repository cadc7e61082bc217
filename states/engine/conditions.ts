import type { Command, Reading } from '../../lib/contracts/machine.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import type { Chunk } from './chunk.ts';
import type { Condition } from './common-arguments.ts';

/** Runs an execution function for a condition. */
export type CallExecution = (fun: string, args: readonly Json[], kwargs: JsonMap) => Promise<Json>;

/** Why a state does not run, in Salt's words; undefined when it does. `asked`: it took more to know than what test mode foresees. */
export interface Verdict {
  readonly comment: string;
  readonly asked: boolean;
}

export function hasConditions({ unless, onlyif, creates }: Chunk): boolean {
  return unless.length > 0 || onlyif.length > 0 || creates.length > 0;
}

/** Asks `onlyif` (all must hold), `unless` (not all may hold) and `creates` (not all may exist), as Salt does. */
export async function whyNot(
  chunk: Chunk,
  machine: Reading,
  call: CallExecution | undefined,
): Promise<Verdict | undefined> {
  const { unless, onlyif, creates } = chunk;
  for (const condition of onlyif) {
    if (!(await holds(condition, chunk, machine, call))) {
      return { comment: 'onlyif condition is false', asked: isAsked(condition) };
    }
  }
  if (unless.length > 0) {
    let all = true;
    for (const condition of unless) if (!(all = await holds(condition, chunk, machine, call))) break;
    if (all) return { comment: 'unless condition is true', asked: unless.some(isAsked) };
  }
  if (creates.length > 0 && creates.every((path) => machine.files.follow(path) !== undefined)) {
    const [only] = creates;
    return { comment: creates.length === 1 ? `${only} exists` : 'All files in creates exist', asked: false };
  }
  return undefined;
}

/** Grains and pillar are those of the run, with what is planned. */
function isAsked(condition: Condition): boolean {
  return typeof condition === 'string' || !/^(grains|pillar)\./.test(condition.fun);
}

async function holds(
  condition: Condition,
  chunk: Chunk,
  machine: Reading,
  call: CallExecution | undefined,
): Promise<boolean> {
  if (typeof condition !== 'string') {
    const whole = await call?.(condition.fun, condition.args as Json[], condition.kwargs as JsonMap);
    const { part } = condition;
    const answer = part === undefined ? whole : isMap(whole) ? lookUp(whole, part) : undefined;
    return Array.isArray(answer) ? answer.length > 0 : isMap(answer) ? Object.keys(answer).length > 0 : Boolean(answer);
  }
  try {
    const { code } = await machine.processes.run(commandOf(condition, chunk));
    return code === 0;
  } catch (thrown) {
    throw new Error(`the condition '${condition}' can't be run: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** A command that belongs to a state, run as the state's own is: a person wrote it as text for a shell. */
export function commandOf(text: string, { args, runas, umask, notForConditions }: Chunk): Command {
  const { cwd, env, timeout } = args;
  const isShared = (name: string): boolean => !notForConditions.includes(name);
  return {
    argv: ['/bin/sh', '-c', text],
    ...(isShared('cwd') && typeof cwd === 'string' && { cwd }),
    ...(isShared('runas') && runas !== undefined && { runas }),
    ...(isShared('umask') && umask !== undefined && { umask }),
    ...(isShared('env') && isMap(env) && { env: env as Record<string, string> }),
    ...(isShared('timeout') && typeof timeout === 'number' && { timeoutMs: timeout * 1000 }),
  };
}
