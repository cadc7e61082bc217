import type { StateResult } from '../../lib/contracts/state.ts';
import { isMap } from '../../lib/json.ts';
import { plain, type Colours, type Paint } from './colour.ts';
import { isStateRun } from './highstate.ts';
import { outcomeOf } from './outcome.ts';
import { brief, printable } from './text.ts';

/** Longest name and longest words about changes, in characters. */
const MOST_NAME = 60;
const MOST_CHANGES = 80;

/** Rows under headings, columns as wide as they need to be: a state run, a list of maps, or keys and values. */
export function table(value: unknown, colours: Colours = plain): string {
  if (isStateRun(value) && Object.keys(value).length > 0) {
    const states = Object.entries(value).sort(([, a], [, b]) => a.__run_num__ - b.__run_num__);
    const rows = states.map(([key, entry]) => stateRow(key, entry, colours));
    return columns(
      ['FUNCTION', 'NAME', 'RESULT', 'TIME', 'CHANGES'],
      rows.map(({ cells }) => cells),
      rows.map(({ paint }) => paint),
    );
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isMap)) {
    const names = [...new Set(value.flatMap((row) => Object.keys(row)))];
    return columns(
      names.map((name) => printable(name.toUpperCase())),
      value.map((row) => names.map((name) => cell(row[name]))),
    );
  }
  if (Array.isArray(value)) return value.map((item) => `${cell(item)}\n`).join('');
  if (isMap(value))
    return columns(
      [],
      Object.entries(value).map(([key, inner]) => [printable(key), cell(inner)]),
    );
  return `${cell(value)}\n`;
}

function stateRow(key: string, state: StateResult, colours: Colours) {
  const { result, changes, duration, comment } = state;
  const [module = '', , name = '', fun = ''] = key.split('_|-');
  const hasChanges = Object.keys(changes).length > 0;
  const [outcome, paint] = outcomeOf(state, colours);
  // What failed, or may change in ways that nobody knows yet, says why in place of what it changed.
  const what = result === false || (result === null && !hasChanges) ? firstLine(comment) : changesInBrief(changes);
  const cells = [
    printable(`${module}.${fun}`),
    brief(name, MOST_NAME),
    outcome,
    `${duration} ms`,
    brief(what, MOST_CHANGES),
  ];
  return { cells, paint };
}

function changesInBrief(changes: Readonly<Record<string, unknown>>): string {
  return Object.entries(changes)
    .filter(([, change]) => change !== '')
    .map(([name, change]) => {
      if (name === 'diff' && typeof change === 'string' && change.includes('\n')) return diffInBrief(change);
      if (isMap(change) && ('old' in change || 'new' in change))
        return `${name}: ${turnOf(change['old'], change['new'])}`;
      return `${name}: ${wordOf(change)}`;
    })
    .join(', ');
}

/** What is new, and what it was. */
function turnOf(old: unknown, now: unknown): string {
  const isNothing = (side: unknown) => side === null || side === undefined || side === '';
  const after = isNothing(now) ? 'gone' : wordOf(now);
  return isNothing(old) ? after : `${wordOf(old)} -> ${after}`;
}

function diffInBrief(diff: string): string {
  const lines = diff.split('\n').filter((line) => !/^(---|\+\+\+) /.test(line));
  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return `diff: +${count('+')} -${count('-')}`;
}

function wordOf(value: unknown): string {
  if (Array.isArray(value))
    return value.every((item) => typeof item !== 'object') ? value.join(' ') : `${value.length} items`;
  if (isMap(value)) return Object.keys(value).join(' ');
  return firstLine(String(value as string | number | boolean | null));
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return printable(typeof value === 'string' ? value.replaceAll('\n', ' ') : JSON.stringify(value));
}

function columns(head: readonly string[], rows: readonly (readonly string[])[], paints: readonly Paint[] = []): string {
  const all = head.length > 0 ? [head, ...rows] : rows;
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row, index) => {
      const line = row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
      return `${paints[index - 1]?.(line) ?? line}\n`;
    })
    .join('');
}
