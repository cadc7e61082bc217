import type { CommandResult } from '../../lib/contracts/machine.ts';
import type { Outcome } from '../../lib/contracts/state.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';

/**
 * The outcome as a `stateful` command itself tells it: its output is a JSON object, or ends in a line of `changed=yes
 * comment='...'`. Salt's rule.
 */
export function reinterpret(outcome: Outcome, { stdout, stderr }: CommandResult): Outcome {
  const text = stdout.trimEnd();
  if (text === '') return { ...outcome, changes: {}, comment: stderr.trimEnd() };
  const json = parseJson(text);
  if (json !== undefined && !isMap(json)) {
    return { result: false, changes: {}, comment: 'script JSON output must be a JSON object (e.g., {})!' };
  }
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  const told = json ?? parsePairs(lastLine);
  const changed = told === undefined ? undefined : truth(told['changed'] ?? 'no');
  if (told === undefined || changed === undefined) {
    const comment = 'Failed parsing script output! Stdout must be JSON or a line of name=value pairs.';
    return { result: false, changes: outcome.changes, comment };
  }
  const { comment, ...rest } = told;
  const before = json === undefined ? text.slice(0, Math.max(0, text.lastIndexOf('\n'))) : '';
  return {
    result: outcome.result,
    changes: changed ? { ...outcome.changes, ...rest, stdout: before } : {},
    comment: typeof comment === 'string' ? comment : '',
  };
}

function parseJson(text: string): JsonMap | unknown[] | undefined {
  try {
    return JSON.parse(text) as JsonMap;
  } catch {
    return undefined;
  }
}

/** `a=b c='d e'`; undefined for anything else. */
function parsePairs(line: string): JsonMap | undefined {
  const pair = /\s*([^\s='"]+)=(?:'([^']*)'|"([^"]*)"|([^\s'"]*))(?=\s|$)/gy;
  const found: JsonMap = {};
  let end = 0;
  for (const match of line.matchAll(pair)) {
    found[match[1] ?? ''] = match[2] ?? match[3] ?? match[4] ?? '';
    end = match.index + match[0].length;
  }
  return end === 0 || line.slice(end).trim() !== '' ? undefined : found;
}

function truth(value: unknown): boolean | undefined {
  const text = String(value).toLowerCase();
  if (['true', 'yes', '1'].includes(text)) return true;
  return ['false', 'no', '0'].includes(text) ? false : undefined;
}
