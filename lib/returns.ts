import { isMap, type Json } from './json.ts';

/**
 * Longest return of a job that a minion sends, in characters of JSON: a state run of thousands of states with their diffs.
 * The master keeps what has at most 12 MiB.
 */
export const MOST_RETURN_CHARACTERS = 4 * 1024 * 1024;

/** What a minion tells of a run by its own schedule beside the return (arguments and metadata), in characters of JSON. */
export const MOST_RUN_CHARACTERS = 64 * 1024;

// On a line of a log.
const MOST_REASON_CHARACTERS = 200;

/** Why a function failed, on one line, as far as its return says: an error's text, or the first state that did not go well. */
export function reasonIn(value: Json): string | undefined {
  const text = textIn(value);
  const line = text?.trim().replace(/\s+/g, ' ');
  if (line === undefined || line === '') return undefined;
  return line.length > MOST_REASON_CHARACTERS ? `${line.slice(0, MOST_REASON_CHARACTERS)}...` : line;
}

function textIn(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return textIn(value[0]);
  if (!isMap(value)) return undefined;
  if (value['result'] === false || value['error'] !== undefined) return textIn(value['comment'] ?? value['error']);
  // An orchestration's, by the master's id.
  if (isMap(value['data'])) return textIn(Object.values(value['data'])[0]);
  const failed = Object.values(value).find((one) => isMap(one) && one['result'] === false);
  return isMap(failed) ? `${textIn(failed['__id__']) ?? ''}: ${textIn(failed['comment']) ?? ''}` : undefined;
}
