import type { MasterAnswer } from '../../lib/contracts/orchestration.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';

/*
 * What is left of a return where there is no room for it: what it takes to tell how it went and why, as whoever looks at the
 * whole of it would.
 */

/** An answer of a run on thousands of minions, with all that changed there; a record of the store holds this. */
export const MOST_ANSWER_BYTES = 12 * 1024 * 1024;
/** Of a text there are so many characters. */
const SHORT = 500;
/** Of a state run there are so many of the states that failed. */
const MOST_FAILED = 20;

/** At most some 30 KB of it; `where`: the rest, in words. */
export function gistOf(value: Json, where: string): Json {
  // A part of a text would keep all of it in memory.
  return JSON.parse(JSON.stringify(partOf(value, where))) as Json;
}

function partOf(value: Json, where: string): Json {
  if (isMap(value) && isStateRun(value)) return partOfRun(value, where);
  // What did not compile.
  if (Array.isArray(value) && typeof value[0] === 'string') return [shortText(value[0], where)];
  const text = asText(value);
  if (text.length <= SHORT) return value;
  const { success, retcode } = isMap(value) ? (value as JsonMap) : {};
  if (success === undefined && retcode === undefined) return shortText(text, where);
  return {
    ...(success !== undefined && { success }),
    ...(retcode !== undefined && { retcode }),
    cut: shortText(text, where),
  };
}

/** What functions of the master gave in one step; of each the gist, where all come to more than an answer holds. */
export function answersThatFit(answers: readonly MasterAnswer[]): readonly MasterAnswer[] {
  if (Buffer.byteLength(JSON.stringify(answers)) <= MOST_ANSWER_BYTES) return answers;
  const where = 'the rest is too large to be kept';
  return answers.map(({ answer, error }) =>
    error === undefined
      ? { answer: gistOf(answer, where), isCut: true }
      : { answer: gistOf(answer, where), error: shortText(error, where) },
  );
}

/** A comment, or what somebody said, as far as there is room. */
export function shortText(text: string, where: string): string {
  return text.length <= SHORT ? text : `${text.slice(0, SHORT)}... (${where})`;
}

function isStateRun(value: Readonly<Record<string, unknown>>): boolean {
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([tag, entry]) => tag.includes('_|-') && isMap(entry));
}

const isChanged = (entry: JsonMap): boolean => isMap(entry['changes']) && Object.keys(entry['changes']).length > 0;

/** The states that failed, and the first one that changed something. */
function partOfRun(run: JsonMap, where: string): JsonMap {
  const entries = Object.entries(run) as [string, JsonMap][];
  const failed = entries.filter(([, { result }]) => result === false).slice(0, MOST_FAILED);
  const changed = entries.filter(([, entry]) => isChanged(entry)).slice(0, 1);
  return Object.fromEntries(
    [...changed, ...failed].map(([tag, entry]) => {
      const { __run_num__, __id__, __sls__, start_time, duration, name, result, comment } = entry;
      const kept = { __run_num__, __id__, __sls__, start_time, duration, result };
      const told = { name: shortText(asText(name), where), comment: shortText(asText(comment), where) };
      return [tag.slice(0, SHORT), { ...kept, ...told, changes: isChanged(entry) ? { cut: where } : {} }];
    }),
  ) as JsonMap;
}
