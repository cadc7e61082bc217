import type { MasterAnswer } from '../../lib/contracts/orchestration.ts';
import { asText, isMap, type Json, type JsonMap, jsonBytes } from '../../lib/json.ts';

/*
 * What is left of a return where there is no room for it: what it takes to tell how it went and why, as whoever looks at the
 * whole of it would.
 */

/** An answer of a run on thousands of minions, with all that changed there; a record of the store holds this. */
export const MOST_ANSWER_BYTES = 12 * 1024 * 1024;
/** Of one value there is no more, however much room there is: who wants more wants all of it. */
const MOST_GIST_BYTES = 32 * 1024;
/** Of a text there are so many characters. */
const SHORT = 500;
/** What an answer takes beside what was answered. */
const AROUND_BYTES = 64;

/** How much is told: characters of a text, and parts of a list or states that failed. */
interface Measure {
  readonly characters: number;
  readonly parts: number;
}
/** The first that fits is taken. */
const measures: readonly Measure[] = [
  { characters: SHORT, parts: 20 },
  { characters: 200, parts: 10 },
  { characters: 80, parts: 3 },
  { characters: 30, parts: 1 },
];

/** The value, where it has at most `most` bytes of JSON, else its gist, which has; `where`: the rest, in words. */
export function withinRoom(value: Json, most: number, where: string): Json {
  return jsonBytes(value) <= most ? value : gistOf(value, Math.min(most, MOST_GIST_BYTES), where);
}

/** What functions of the master gave in one step; where all come to more than an answer holds, each has its share of it. */
export function answersThatFit(answers: readonly MasterAnswer[], most = MOST_ANSWER_BYTES): readonly MasterAnswer[] {
  if (jsonBytes(answers) <= most) return answers;
  const where = 'the rest is too large to be kept';
  const share = Math.floor(most / answers.length) - AROUND_BYTES;
  return answers.map(({ answer, error, isCut = false }) => {
    const why = error === undefined ? undefined : asText(withinRoom(error, share / 2, where));
    const kept = withinRoom(answer, why === undefined ? share : share - jsonBytes(why), where);
    return {
      answer: kept,
      ...((isCut || kept !== answer) && { isCut: true }),
      ...(why !== undefined && { error: why }),
    };
  });
}

/** A comment, or what somebody said, as far as there is room. */
export function shortText(text: string, where: string, characters = SHORT): string {
  return text.length <= characters ? text : `${beginningOf(text, characters)} (${where})`;
}

function beginningOf(text: string, characters: number): string {
  // Half of a surrogate pair is no text.
  return text.length <= characters ? text : `${text.slice(0, characters).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

function gistOf(value: Json, most: number, where: string): Json {
  for (const measure of measures) {
    const text = JSON.stringify(partOf(value, measure, where));
    // A part of a text would keep all of it in memory.
    if (Buffer.byteLength(text) <= most) return JSON.parse(text) as Json;
  }
  if (!isMap(value)) return '...';
  // A state run stays one, and how it went is told beside it.
  return isStateRun(value) ? {} : { ...howItWent(value), cut: '...' };
}

function partOf(value: Json, measure: Measure, where: string): Json {
  const { characters, parts } = measure;
  if (isMap(value) && isStateRun(value)) return partOfRun(value, measure, where);
  // What did not compile, for instance.
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
    const told = value.slice(0, parts).map((part) => shortText(part, where, characters));
    return value.length > parts ? [...told, `... (${where})`] : told;
  }
  const cut = shortText(asText(value), where, characters);
  const went = isMap(value) ? howItWent(value) : {};
  return Object.keys(went).length === 0 ? cut : { ...went, cut };
}

/** What of a map says whether it went well. */
function howItWent({ success, retcode }: JsonMap): JsonMap {
  return {
    ...(typeof success === 'boolean' && { success }),
    ...(typeof retcode === 'number' && { retcode }),
  };
}

function isStateRun(value: JsonMap): value is Record<string, JsonMap> {
  const entries = Object.entries(value);
  return entries.length > 0 && entries.every(([tag, entry]) => tag.includes('_|-') && isMap(entry));
}

const isChanged = (entry: JsonMap): boolean => isMap(entry['changes']) && Object.keys(entry['changes']).length > 0;

/** The states that failed, and the first one that changed something. */
function partOfRun(run: Record<string, JsonMap>, { characters, parts }: Measure, where: string): JsonMap {
  const entries = Object.entries(run);
  const failed = entries.filter(([, { result }]) => result === false);
  const changed = entries.filter(([, entry]) => entry['result'] !== false && isChanged(entry)).slice(0, 1);
  const told = [...changed, ...failed.slice(0, parts)];
  const untold = failed.length - parts;
  return Object.fromEntries(
    told.map(([tag, entry], index) => {
      const { __run_num__, __id__, __sls__, start_time, duration, name, result, comment } = entry;
      const facts = Object.entries({ __run_num__, __id__, __sls__, start_time, duration, result, name });
      const more = untold > 0 && index === told.length - 1 ? ` (and ${untold} more states have failed)` : '';
      return [
        shortTag(tag, characters, index),
        {
          ...Object.fromEntries(facts.map(([key, fact]) => [key, shortFact(fact, characters)])),
          comment: shortText(asText(comment), where, characters) + more,
          changes: isChanged(entry) ? { cut: where } : {},
        },
      ];
    }),
  ) as JsonMap;
}

/** A number, a text, as a minion gave it: it may have given anything. */
function shortFact(fact: Json | undefined, characters: number): Json | undefined {
  return typeof fact === 'string' || (typeof fact === 'object' && fact !== null)
    ? beginningOf(asText(fact), characters)
    : fact;
}

/** Two that begin alike stay apart. */
function shortTag(tag: string, characters: number, index: number): string {
  const parts = tag.split('_|-').slice(0, 4);
  const short = parts.map((part) => beginningOf(part, characters));
  const name = short.join('_|-');
  return name === tag ? tag : [short[0], `${short[1]} (${index + 1})`, ...short.slice(2)].join('_|-');
}
