import { spawnSync } from 'node:child_process';
import { customErrors } from '../../lib/errors/custom.ts';
import type { ErrorDetails, TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Place } from '../../lib/place.ts';
import { packError, unpackError } from '../../lib/system/child/channel.ts';
import { programBeside } from '../../lib/system/child/program.ts';
import type { KindName } from '../../lib/custom/names.ts';

/** One file of an environment, on its way to a process of its own. */
export interface SentFile {
  readonly environment: string;
  readonly path: string;
  /** What errors call it. */
  readonly shown: string;
  readonly base64: string;
}

/** What is to be done with one file of code. */
export interface Turn {
  readonly kind: KindName;
  readonly environment: string;
  readonly path: string;
}

export interface TurnsWork {
  /** Only loads each and gives the names of its functions, or has it gather grains. */
  readonly what: 'try' | 'gather';
  readonly files: readonly SentFile[];
  /** What grains are gathered with. */
  readonly given?: { readonly id: string; readonly opts: JsonMap; readonly grains: JsonMap; readonly root: string };
}

/** What came of a turn. */
export type TurnResult = { readonly value: Json } | { readonly errors: readonly JsonMap[] };

/** Milliseconds that a file has. */
const DEADLINE_MS = 10_000;
const HEAP_MB = 256;
const LONGEST_OUTPUT = 64 * 1024 * 1024;

/**
 * Does something with each of an operator's files, in a process of its own, and waits for it: one that never ends, or ends
 * the process, is told of and costs the others nothing.
 */
export function inTurns(work: TurnsWork, turns: readonly Turn[]): readonly TurnResult[] {
  const results: TurnResult[] = [];
  for (let first = results.length; first < turns.length; first = results.length) {
    const { done, trouble } = oneProcess(work, turns.slice(first));
    const { environment, path } = turns[first] ?? {};
    results.push(...done);
    // One that came after others has not had all the time: it is begun anew.
    if (results.length === first)
      results.push({ errors: [packError(trouble({ place: placeOf(work, environment, path) }))] });
  }
  return results;
}

function oneProcess(
  work: TurnsWork,
  turns: readonly Turn[],
): { readonly done: readonly TurnResult[]; readonly trouble: (details: ErrorDetails) => TsaltError } {
  const { output, error, status, signal } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${HEAP_MB}`, programBeside(import.meta.url, 'custom-child'), 'turns'],
    {
      input: JSON.stringify({ ...work, turns }),
      // What code of operators prints is no answer.
      stdio: ['pipe', 2, 2, 'pipe'],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
      maxBuffer: LONGEST_OUTPUT,
    },
  );
  const said = String(output?.[3] ?? '').split('\n');
  // The last one is empty, or was cut off.
  const done = said.slice(0, Math.min(said.length - 1, turns.length)).map(resultOf);
  const isLate = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
  const how = error?.message ?? signal ?? `exit code ${status}`;
  const trouble = (details: ErrorDetails): TsaltError =>
    isLate
      ? customErrors.neverLoaded({ seconds: DEADLINE_MS / 1000 }, details)
      : customErrors.endedProcess({ how }, details);
  return { done, trouble };
}

function placeOf({ files }: TurnsWork, environment = '', path = ''): Place {
  const file = files.find((one) => one.environment === environment && one.path === path)?.shown ?? path;
  return { file, line: 1, column: 1 };
}

function resultOf(line: string): TurnResult {
  const said = parsed(line);
  if (isMap(said) && Array.isArray(said['errors'])) return { errors: said['errors'] as JsonMap[] };
  return { value: (isMap(said) ? (said['value'] as Json | undefined) : undefined) ?? null };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    // Code of an operator's own has written there.
    return { errors: [packError(thrown)] };
  }
}

/** All that is wrong, as text; undefined for nothing. */
export function problemText(errors: readonly JsonMap[]): string | undefined {
  return errors.length === 0 ? undefined : errors.map((packed) => unpackError(packed).message).join('\n');
}
