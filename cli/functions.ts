import { cliErrors } from '../lib/errors/cli.ts';
import { messageOf, TsaltError } from '../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import type { LocalClient } from '../wire/local/client.ts';
import { answered, describe, succeeded, type Part } from './job-part.ts';
import { argumentsOf } from './words.ts';

/** A function as the master is asked for it. */
export interface Call {
  readonly fun: string;
  readonly arg: Json[];
  readonly kwarg: JsonMap;
}

/** Has minions do it, and hands over what the master tells of it; raises what the master raises. */
export type Exec = (params: JsonMap, hear: (event: Json) => void) => Promise<void>;

/**
 * The functions of a command line, which commas part (`test.ping,cmd.run`), each with its own words: a separator parts them,
 * as a word of its own or within words (`, df` or `,df`). Raises `TS_CLI_NOT_A_FUNCTION`, `TS_CLI_PARTED_ARGUMENTS`. `hint` is for
 * what is no function's name.
 */
export function callsOf(named: string, words: readonly string[], separator = ',', hint?: string): Call[] {
  const funs = named.split(',');
  for (const fun of funs) if (!/^[A-Za-z_]\w*(\.\w+)+$/.test(fun)) throw cliErrors.notAFunction({ fun }, { hint });
  const parts = funs.length === 1 || words.length === 0 ? [words] : parted(words, separator, funs.length);
  if (parts.length !== funs.length && words.length > 0)
    throw cliErrors.partedArguments(
      { functions: funs.length, parts: parts.length },
      {
        hint: `'${separator}' parts the arguments of one function from those of the next: ${named} 'df -h' ${separator} ...`,
      },
    );
  return funs.map((fun, index) => {
    const { args, kwargs } = argumentsOf(parts[index] ?? []);
    return { fun, arg: args, kwarg: kwargs };
  });
}

/** Salt's way: where standing alone they are as many as are needed, those within words mean nothing. */
function parted(words: readonly string[], separator: string, functions: number): string[][] {
  const isAlone = words.filter((word) => word === separator).length === functions - 1;
  const parts: string[][] = [[]];
  for (const word of words) {
    const [first = '', ...more] = isAlone && word !== separator ? [word] : word.split(separator);
    if (first !== '' || !word.includes(separator)) parts.at(-1)?.push(first);
    for (const piece of more) parts.push(piece === '' ? [] : [piece]);
  }
  return parts;
}

/**
 * Has minions do these calls. Of several each is a job of its own, begun when the one before is over everywhere, on the
 * minions that answered that; a minion's part is told once: what it answered, by function, or where it stopped to answer.
 */
export function execOf(control: Pick<LocalClient, 'call'>, calls: readonly Call[]): Exec {
  const [only, ...others] = calls;
  const one = async (call: Call | undefined, params: JsonMap, hear: (event: Json) => void): Promise<void> =>
    void (await control.call('exec', { ...params, ...call }, hear));
  if (others.length === 0) return (params, hear) => one(only, params, hear);
  const names = namesOf(calls);

  return async (params, hear) => {
    const done = new Map<string, { readonly answers: Record<string, Json>; success: boolean }>();
    let target: JsonMap = {};
    for (const [index, call] of calls.entries()) {
      const name = names[index] ?? call.fun;
      const isLast = index === calls.length - 1;
      const open = new Set(done.keys());
      const next: string[] = [];
      const take = (part: Part, event: JsonMap): void => {
        open.delete(part.id);
        const own = done.get(part.id) ?? { answers: {}, success: true };
        done.set(part.id, own);
        own.success &&= succeeded(part);
        if (answered(part)) {
          own.answers[name] = part.return ?? null;
          if (!isLast) next.push(part.id);
          // The job is over there, and more comes.
          hear(
            isLast ? { ...event, out: 'nested', return: own.answers, success: own.success } : { ...event, more: true },
          );
          return;
        }
        const begun = Object.keys(own.answers).length > 0;
        const answers = { ...own.answers, [name]: { error: describe(part) } };
        const reason = `${name}${part.reason === undefined ? '' : `: ${part.reason}`}`;
        hear({ ...event, reason, ...(begun && { return: answers }) });
      };
      try {
        await one(call, { ...params, ...target }, (event) => {
          if (!isMap(event) || typeof event['id'] !== 'string' || event['progress'] !== undefined) return hear(event);
          take(event as unknown as Part, event as JsonMap);
        });
      } catch (thrown) {
        // Before the first one nothing has begun. Later each minion is to have an end.
        if (index === 0 || !(thrown instanceof TsaltError)) throw thrown;
        for (const id of open)
          take({ id, state: 'not begun', reason: messageOf(thrown) }, { jid: '', id, state: 'not begun' });
      }
      if (next.length === 0) return;
      for (const id of done.keys()) if (!next.includes(id)) done.delete(id);
      target = { tgt: next.join(','), tgt_type: 'list' };
    }
  };
}

/** What the answers are called: a function that comes again gets a number. */
function namesOf(calls: readonly Call[]): string[] {
  return calls.map(({ fun }, index) => {
    const before = calls.slice(0, index).filter((other) => other.fun === fun).length;
    return before === 0 ? fun : `${fun} (${before + 1})`;
  });
}
