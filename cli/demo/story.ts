import type { StateResult } from '../../lib/contracts/state.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Colours } from '../output/colour.ts';
import { isStateRun } from '../output/highstate.ts';
import { nested } from '../output/nested.ts';

/** Lines of a new file that are shown. */
const MOST_LINES = 8;

/**
 * A state run for an audience: a line for each state, what it changed below it. A new file is shown as it was read back
 * from the machine: Salt's return says no more of it than that it is new.
 */
export function tellStates(states: unknown, colours: Colours, readBack: (file: string) => string | undefined): string {
  if (!isStateRun(states)) return nested(states);
  const entries = Object.entries(states).sort(([, a], [, b]) => a.__run_num__ - b.__run_num__);
  return entries.map(([key, result]) => tellState(key, result, colours, readBack)).join('');
}

/** The files that a state run has made, as they are named on their machine. */
export function newFilesIn(states: unknown): string[] {
  if (!isStateRun(states)) return [];
  return Object.values(states).flatMap(({ name, changes }) => (changes['diff'] === 'New file' ? [within(name)] : []));
}

const within = (file: string): string => file.replace(/^\/+/, '');

function tellState(
  key: string,
  { name, result, comment, changes }: StateResult,
  colours: Colours,
  readBack: (file: string) => string | undefined,
): string {
  const [module = '', , , fun = ''] = key.split('_|-');
  const changed = Object.keys(changes).length > 0;
  const paint = result === false ? colours.bad : changed ? colours.changed : colours.good;
  const head = paint(`${result === false ? 'failed ' : changed ? 'changed' : 'right  '}  ${module}.${fun} ${name}`);
  return `${head}  ${comment.split('\n')[0] ?? ''}\n${tellChanges(name, changes, readBack)}`;
}

function tellChanges(name: string, changes: JsonMap, readBack: (file: string) => string | undefined): string {
  const { diff, stdout, ...rest } = changes;
  const lines: string[] = [];
  if (diff === 'New file') lines.push(...newFile(readBack(within(name)) ?? ''));
  else if (diff !== undefined) lines.push(...asText(diff).trimEnd().split('\n'));
  if (typeof stdout === 'string') lines.push(...stdout.trimEnd().split('\n'));
  else if (Object.keys(rest).length > 0) lines.push(flat(rest));
  return lines.map((line) => `    ${line}\n`).join('');
}

function newFile(content: string): string[] {
  const lines = content.replace(/\n$/, '').split('\n');
  const more = lines.length - MOST_LINES;
  return [
    ...lines.slice(0, MOST_LINES).map((line) => `+ ${line}`),
    ...(more > 0 ? [`+ ... and ${more} more ${more === 1 ? 'line' : 'lines'}`] : []),
  ];
}

/** A collector's sample: what it measures, and its numbers. */
export function tellSample({ tag, ...numbers }: JsonMap): string {
  delete numbers['timestamp'];
  return `${asText(tag)}: ${flat(numbers)}`;
}

/** `a: 1, b c: 2`, up to some length. */
function flat(value: JsonMap): string {
  const parts: string[] = [];
  const walk = (names: readonly string[], inner: Json): void => {
    if (isMap(inner)) for (const [name, one] of Object.entries(inner as JsonMap)) walk([...names, name], one);
    else parts.push(`${names.join(' ')}: ${Array.isArray(inner) ? inner.map(asText).join(' ') : asText(inner)}`);
  };
  walk([], value);
  const text = parts.join(', ');
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
