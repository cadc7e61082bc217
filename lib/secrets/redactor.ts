import { TsaltError } from '../errors/error.ts';
import { isMap, type Json, type JsonMap } from '../json.ts';
import type { Log } from '../log.ts';
import { Finder } from './finder.ts';
import { formsOf } from './forms.ts';

/** What stands in a secret's place. */
export const HIDDEN = '[secret]';

/** Knows the secrets of a process, and takes them out of all that leaves it. Without any it gives back what it is given. */
export interface Redactor {
  /** Hides these, too. */
  learn(secrets: readonly string[]): void;
  /** Hides these, and no others any more. */
  hideOnly(secrets: readonly string[]): void;
  text(text: string): string;
  /** The same data without them, in values and keys. */
  data<T extends Json>(data: T): T;
  /** The same error; where one is in it, another one without them in message, place, hint and stack, and without a cause. */
  error<T>(thrown: T): T;
  log(log: Log): Log;
  /** Whether there is one in some data. */
  isIn(data: Json): boolean;
}

/** `onFirst` is called when there is a secret for the first time. */
export function createRedactor(secrets: readonly string[] = [], onFirst?: () => void): Redactor {
  let known = new Set<string>();
  let finder: Finder | undefined;

  function learn(more: readonly string[]): void {
    for (const secret of more) {
      if (known.has(secret)) continue;
      known.add(secret);
      if (known.size === 1) onFirst?.();
      finder ??= new Finder();
      finder.add(formsOf(secret));
    }
  }

  function text(given: string): string {
    if (!finder) return given;
    const spans = finder.find(given);
    if (spans.length === 0) return given;
    let from = 0;
    let shown = '';
    for (const [start, end] of spans) {
      // Lines stay lines.
      const found = given.slice(start, end);
      const [first, last] = [found.length - found.trimStart().length, found.trimEnd().length];
      shown += given.slice(from, start + first) + HIDDEN + found.slice(last);
      from = end;
    }
    return shown + given.slice(from);
  }

  function clean(data: Json): Json {
    if (typeof data === 'string') return text(data);
    // What a template put where a number was read.
    if (typeof data === 'number') return known.has(String(data)) ? HIDDEN : data;
    if (Array.isArray(data)) return data.map(clean);
    return isMap(data) ? cleanMap(data as JsonMap) : data;
  }

  function cleanMap(map: JsonMap): JsonMap {
    const made = Object.create(null) as JsonMap;
    for (const [key, value] of Object.entries(map)) {
      const name = text(key);
      let free = name;
      // Two that differ by a secret alone are still two.
      for (let number = 2; name !== key && (free in made || free in map); number++) free = `${name} (${number})`;
      made[free] = clean(value);
    }
    return made;
  }

  function ofTsalt(error: TsaltError): TsaltError {
    const { code, sentence, hint, place, others } = error;
    const shown = place && { ...place };
    if (shown?.text !== undefined) shown.text = text(shown.text);
    if (shown?.inside !== undefined) shown.inside = text(shown.inside);
    return new TsaltError(code, text(sentence), {
      place: shown,
      hint: hint && text(hint),
      others: others.map(ofTsalt),
    });
  }

  function error(thrown: unknown): unknown {
    if (!finder || !(thrown instanceof Error)) return thrown;
    const { message, stack = message } = thrown;
    const others = thrown instanceof TsaltError ? thrown.others.map(({ message: other }) => other) : [];
    if ([message, stack, ...others].every((part) => text(part) === part)) return thrown;
    if (thrown instanceof TsaltError) return ofTsalt(thrown);
    const made = new Error(text(message));
    made.name = thrown.name;
    made.stack = text(stack);
    return made;
  }

  learn(secrets);
  return {
    learn,
    hideOnly(secrets) {
      if (secrets.length === known.size && secrets.every((secret) => known.has(secret))) return;
      known = new Set();
      finder = undefined;
      learn(secrets);
    },
    text,
    // Only text was changed, into other text.
    data: <T extends Json>(data: T) => (finder ? (clean(data) as T) : data),
    // An error of the same kind.
    error: <T>(thrown: T) => error(thrown) as T,
    log: (log) => (level, message, facts) => {
      // Facts are made of what JSON has, but for those that are not there.
      const shown = finder && facts ? (clean(facts as JsonMap) as typeof facts) : facts;
      log(level, text(message), shown);
    },
    isIn: (data) => finder !== undefined && JSON.stringify(clean(data)) !== JSON.stringify(data),
  };
}
