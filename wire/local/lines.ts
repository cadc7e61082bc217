import { controlErrors } from '../../lib/errors/control.ts';
import type { Json, JsonMap } from '../../lib/json.ts';

/*
 * The talk on a local (unix) socket: one JSON object a line. A request is `{id, method, params}`; it is answered by any
 * number of `{id, event}` and one `{id, result}` or `{id, error}`.
 */

/** Longest line either side takes, in bytes: a state run's return of some thousand states. */
export const LONGEST_LINE_BYTES = 64 * 1024 * 1024;

export interface LocalRequest {
  readonly id: number;
  readonly method: string;
  readonly params: JsonMap;
}

export interface LocalError {
  readonly code: string;
  readonly message: string;
}

export type LocalAnswer = { readonly id: number } & (
  | { readonly event: Json }
  | { readonly result: Json }
  | { readonly error: LocalError }
);

/** Cuts a stream of bytes into lines. Raises `TS_CONTROL_TOO_LONG`. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let bytes = 0;
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      parts.push(rest.subarray(0, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
      if (line !== '') onLine(line);
    }
    if (rest.length === 0) return;
    parts.push(rest);
    bytes += rest.length;
    if (bytes > LONGEST_LINE_BYTES) throw controlErrors.tooLong({ bytes: LONGEST_LINE_BYTES });
  };
}
