import type { StateResult } from '../../lib/contracts/state.ts';
import { isMap } from '../../lib/json.ts';
import type { Colours, Paint } from './colour.ts';
import { nested } from './nested.ts';

/** Whether a return looks like that of a state run that took place. */
export function isStateRun(value: unknown): value is Record<string, StateResult> {
  return (
    isMap(value) &&
    Object.entries(value).every(([key, entry]) => key.includes('_|-') && isMap(entry) && 'result' in entry)
  );
}

/** Salt's text of a state run: a paragraph for each state, then the sums. `value` may be the list of why nothing ran. */
export function highstate(id: string, value: unknown, colours: Colours): string {
  if (Array.isArray(value)) {
    const errors = value.map((error) => `----------\n${indented(String(error), 4)}\n`).join('');
    return colours.bad(`${id}:\n    Data failed to compile:\n${errors}`.trimEnd()) + '\n';
  }
  if (!isStateRun(value)) return `${id}:\n${nested(value, 4)}`;
  const entries = Object.entries(value).sort(([, a], [, b]) => a.__run_num__ - b.__run_num__);
  const body = entries.map(([key, result]) => paragraph(key, result, colours)).join('');
  return `${id}:\n${body}${summary(
    id,
    entries.map(([, result]) => result),
    colours,
  )}`;
}

function paragraph(key: string, entry: StateResult, colours: Colours): string {
  const [module = '', id = '', name = '', fun = ''] = key.split('_|-');
  const { result, changes, comment, start_time, duration, warnings } = entry;
  const hasChanges = Object.keys(changes).length > 0;
  const lines = [
    '----------',
    `          ID: ${id}`,
    `    Function: ${module}.${fun}`,
    ...(name === id ? [] : [`        Name: ${name}`]),
    `      Result: ${result === null ? 'None' : result ? 'True' : 'False'}`,
    `     Comment: ${indented(comment, 14).trimStart()}`,
    `     Started: ${start_time}`,
    `    Duration: ${duration} ms`,
    ...(warnings ? [`    Warnings: ${indented(warnings.join('\n'), 14).trimStart()}`] : []),
    '     Changes:   ',
  ];
  const text = `${lines.join('\n')}\n${hasChanges ? nested(changes, 14) : ''}`;
  return `${painter(result, hasChanges, colours)(text.replace(/\n$/, ''))}\n`;
}

function painter(result: boolean | null, hasChanges: boolean, colours: Colours): Paint {
  if (result === null) return colours.maybe;
  if (!result) return colours.bad;
  return hasChanges ? colours.changed : colours.good;
}

function summary(id: string, results: readonly StateResult[], colours: Colours): string {
  const count = (wanted: (result: StateResult) => boolean) => results.filter(wanted).length;
  const failed = count(({ result }) => result === false);
  const unchanged = count(({ result }) => result === null);
  const changed = count(({ changes }) => Object.keys(changes).length > 0);
  const notes = [...(unchanged > 0 ? [`unchanged=${unchanged}`] : []), ...(changed > 0 ? [`changed=${changed}`] : [])];
  const width = String(results.length).length;
  const dashes = '-'.repeat(11 + width);
  const total = results.reduce((sum, { duration }) => sum + duration, 0);
  const succeeded = results.length - failed;
  return [
    '',
    `Summary for ${id}`,
    dashes,
    colours.good(`Succeeded: ${String(succeeded).padStart(width)}`) +
      (notes.length > 0 ? ` (${notes.join(', ')})` : ''),
    (failed > 0 ? colours.bad : colours.good)(`Failed:    ${String(failed).padStart(width)}`),
    dashes,
    `Total states run:     ${String(results.length).padStart(width)}`,
    `Total run time: ${(total > 999 ? total / 1000 : total).toFixed(3).padStart(dashes.length - 5)} ${total > 999 ? 's' : 'ms'}`,
    '',
  ].join('\n');
}

function indented(text: string, by: number): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(by) + line))
    .join('\n');
}
