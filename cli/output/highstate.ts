import type { StateResult } from '../../lib/contracts/state.ts';
import { isMap } from '../../lib/json.ts';
import { plain, type Colours, type Paint } from './colour.ts';
import { compressed } from './compress.ts';
import { nested } from './nested.ts';
import { printable } from './text.ts';
import { usualView, type StateView } from './view.ts';
import { wrapped } from './wrap.ts';

/** Whether a return looks like that of a state run that took place. */
export function isStateRun(value: unknown): value is Record<string, StateResult> {
  return (
    isMap(value) &&
    Object.entries(value).every(([key, entry]) => key.includes('_|-') && isMap(entry) && 'result' in entry)
  );
}

/** Salt's text of a state run: its states, then the sums. `value` may be the list of why nothing ran. */
export function highstate(id: string, value: unknown, colours: Colours = plain, view: StateView = usualView): string {
  if (Array.isArray(value)) return notCompiled(id, value, colours);
  if (!isStateRun(value)) return `${colours.changed(printable(id))}:\n${nested(value, 4, colours)}`;
  return host(id, value, colours, view).text;
}

function notCompiled(id: string, errors: readonly unknown[], { alarm }: Colours): string {
  const lines = errors.map((error) => {
    // What Salt leaves at the margin: further lines show the place, and have to stay below the first.
    const text = printable(String(error)).replaceAll('\n', '\n    ');
    return `${alarm(`----------\n    ${text.replace(/^ +$/gm, '')}`)}\n`;
  });
  return `${alarm(`${printable(id)}:`)}\n    ${alarm('Data failed to compile:')}\n${lines.join('')}`;
}

/** One state of a run, with its key taken apart. */
interface Shown {
  readonly module: string;
  readonly id: string;
  readonly name: string;
  readonly fun: string;
  readonly entry: StateResult;
  readonly changed: boolean;
}

interface Counts {
  good: number;
  bad: number;
  maybe: number;
  changed: number;
  warnings: number;
  durationMs: number;
}

function host(id: string, run: Readonly<Record<string, StateResult>>, colours: Colours, view: StateView) {
  const counts: Counts = { good: 0, bad: 0, maybe: 0, changed: 0, warnings: 0, durationMs: 0 };
  const entries = view.state_compress_ids
    ? compressed(run)
    : Object.entries(run).map(([key, entry]) => ({ key, entry, count: 1, changes: 1 }));
  entries.sort((a, b) => (a.entry.__run_num__ ?? 0) - (b.entry.__run_num__ ?? 0));
  let paint = colours.good;
  let longestParallelMs = 0;
  const lines: string[] = [];
  for (const { key, entry, count, changes } of entries) {
    const { result } = entry;
    counts[result === null ? 'maybe' : result ? 'good' : 'bad'] += count;
    const duration = Number(entry.duration ?? 0);
    if ('__parallel__' in entry) longestParallelMs = Math.max(longestParallelMs, duration);
    else counts.durationMs += duration;
    const told = changesOf(entry, colours, view);
    if (told.changed) counts.changed += changes;
    if (result === true && !told.changed && (view.state_output_diff || !view.state_verbose)) continue;
    if (result === false) paint = colours.bad;
    if (result === null) paint = colours.maybe;
    const [module = '', stateId = '', name = '', fun = ''] = key.split('_|-');
    const shownName = view.state_output.endsWith('_id') ? stateId : name;
    const state = { module, id: stateId, name: shownName, fun, entry, changed: told.changed };
    const form = formOf(state, view);
    if (form === 'terse') lines.push(terse(state, colours, view));
    if (form !== 'full') continue;
    lines.push(...paragraph(state, told.text, colours, view));
    if (entry.warnings) counts.warnings++;
  }
  counts.durationMs += longestParallelMs;
  const all = [paint(`${printable(id)}:`), ...lines, ...summary(id, counts, colours, view)];
  return { text: `${all.join('\n')}\n`, changed: counts.changed > 0 };
}

/** What one state changed, as it is shown below `Changes:`. A run on other machines is a run's text within the text. */
function changesOf({ changes }: StateResult, colours: Colours, view: StateView) {
  if (!isMap(changes) || Object.keys(changes).length === 0) return { changed: false, text: '' };
  if (changes['out'] === 'highstate' && isMap(changes['ret'])) {
    const parts = Object.entries(changes['ret']).map(([id, value]) =>
      isStateRun(value)
        ? host(id, value, colours, view)
        : { text: highstate(id, value, colours, view), changed: !Array.isArray(value) },
    );
    const inner = parts.flatMap(({ text }) => text.trimEnd().split('\n'));
    return {
      changed: parts.some((part) => part.changed),
      text: inner.map((line) => `\n${' '.repeat(14)}${line}`).join(''),
    };
  }
  return { changed: true, text: `\n${nested(changes, 14, colours).replace(/\n$/, '')}` };
}

function formOf({ entry: { result }, changed }: Shown, view: StateView): 'full' | 'terse' | 'none' {
  const named = result === null ? 'None' : result ? 'True' : 'False';
  switch (view.state_output.replace(/_id$/, '')) {
    case 'terse':
      return 'terse';
    case 'mixed':
      return result === false ? 'full' : 'terse';
    case 'changes':
      return result === true && !changed ? 'terse' : 'full';
    case 'filter':
      if (view.state_output_terse.includes(named)) return 'terse';
      return view.state_output_exclude.includes(named) ? 'none' : 'full';
    default:
      return 'full';
  }
}

function paragraph(
  { module, id, name, fun, entry, changed }: Shown,
  changes: string,
  colours: Colours,
  view: StateView,
) {
  const { result, comment, start_time, duration, warnings } = entry;
  const paint = painter(result, changed, colours);
  const head: readonly (readonly [string, string])[] = [
    ['      ID', id],
    ['Function', `${module}.${fun}`],
    ...(name === id ? [] : [['    Name', name] as const]),
    ['  Result', result === null ? 'None' : result ? 'True' : 'False'],
    [
      ' Comment',
      String(comment)
        .trim()
        .replaceAll('\n', `\n${' '.repeat(14)}`),
    ],
    ...(view.state_output_profile && start_time !== undefined
      ? ([
          [' Started', start_time],
          ['Duration', duration === undefined ? '' : `${duration} ms`],
        ] as const)
      : []),
  ];
  return [
    paint('----------'),
    ...head.map(([label, text]) => `    ${paint(`${label}: ${printable(text)}`)}`),
    paint(`     Changes:   ${changes}`),
    ...(warnings
      ? [`   ${colours.alarm(` Warnings: ${wrapped(printable(warnings.join('\n')), 80, 14).trimStart()}`)}`]
      : []),
  ];
}

function terse({ module, name, fun, entry, changed }: Shown, colours: Colours, view: StateView): string {
  const { result, start_time, duration, warnings, changes } = entry;
  const isChanged = isMap(changes) && Object.keys(changes).length > 0;
  const outcome = result === false ? 'Failed' : result === null ? 'Differs' : isChanged ? 'Changed' : 'Clean';
  const hasTimes = view.state_output_profile && start_time !== undefined;
  const paint = painter(result, changed, colours);
  const before = warnings ? `${colours.alarm(`Warnings:\n${printable(warnings.join('\n'))}`)}\n` : '';
  const shownName = printable(name);
  if (view.state_tabular) {
    const times = hasTimes ? `${start_time} [${String(duration).padStart(7)} ms] ` : '';
    return `${before}${paint(`${times}${module.padStart(10)}.${fun.padEnd(10)} ${outcome.padEnd(7)}   Name: ${shownName}`)}`;
  }
  const times = hasTimes ? ` - Started: ${start_time} - Duration: ${duration} ms` : '';
  return `${before} ${paint(` Name: ${shownName} - Function: ${module}.${fun} - Result: ${outcome}${times}`)}`;
}

function painter(result: boolean | null, changed: boolean, colours: Colours): Paint {
  if (result === null) return colours.maybe;
  if (!result) return colours.bad;
  return changed ? colours.changed : colours.good;
}

function summary(id: string, counts: Counts, colours: Colours, view: StateView): string[] {
  const { good, bad, maybe, changed, warnings, durationMs } = counts;
  const all = good + bad + maybe;
  // As wide as the widest number of states that ended alike.
  const digits = all === 0 ? 0 : Math.max(...[good, bad, maybe, warnings].map((count) => String(count).length));
  const width = 'Succeeded'.length + digits + 2;
  const row = (label: string, count: number | string): string =>
    `${label}: ${String(count).padStart(width - label.length - 2)}`;
  const notes = [
    ...(maybe > 0 ? [colours.maybe(`unchanged=${maybe}`)] : []),
    ...(changed > 0 ? [colours.good(`changed=${changed}`)] : []),
  ];
  const paintBad = bad > 0 ? colours.bad : colours.changed;
  const [total, unit] = durationMs > 999 ? [durationMs / 1000, 's'] : [durationMs, 'ms'];
  return [
    colours.changed(`\nSummary for ${printable(id)}\n${'-'.repeat(width)}`),
    colours.good(row('Succeeded', good + maybe)) + (notes.length > 0 ? ` (${notes.join(', ')})` : ''),
    paintBad(row('Failed', bad)),
    ...(view.state_output_pct && all > 0
      ? [colours.good(row('Success %', percent(good + maybe, all))), paintBad(row('Failure %', percent(bad, all)))]
      : []),
    ...(warnings > 0 ? [colours.alarm(row('Warnings', warnings))] : []),
    colours.changed(`${'-'.repeat(width)}\nTotal states run: ${String(all).padStart(width - 7)}`),
    ...(view.state_output_profile
      ? [colours.changed(`Total run time: ${total.toFixed(3).padStart(width - 5)} ${unit}`)]
      : []),
  ];
}

/** As Python writes a number that was rounded to two places. */
function percent(part: number, all: number): string {
  const rounded = Math.round((part / all) * 10_000) / 100;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}
