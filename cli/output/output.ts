import { cliErrors } from '../../lib/errors/cli.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Io } from '../io.ts';
import { coloursFor } from './colour.ts';
import { highstate, isStateRun } from './highstate.ts';
import { nested } from './nested.ts';
import { table } from './table.ts';
import { linesOf, printable, safeJson } from './text.ts';
import { usualView, type StateView } from './view.ts';
import { toYaml } from './yaml.ts';

const forms = ['json', 'yaml', 'table', 'highstate', 'nested', 'txt', 'newline_values_only', 'quiet'] as const;
export type Form = (typeof forms)[number];

/** Salt's, and what to take in their place. */
const absentForms: Readonly<Record<string, string>> = {
  raw: "it is Python's notation: json is for programs, yaml for people",
  pprint: "it is Python's notation: json is for programs, yaml for people",
  no_return: 'a minion without an answer is always named, on standard error',
  profile: 'state_output_profile in the config shows how long states took',
};

export const outOption = {
  also: 'output',
  value: 'FORM',
  help: `how to print what came of it: ${forms.join(', ')}`,
} as const;

/** The form that `--out` names; undefined without one. Raises `TS_CLI_BAD_OPTION_VALUE`. */
export function formOf(name: string | undefined): Form | undefined {
  return choiceOf(name, forms);
}

/** The same for verbs that have other forms. */
export function choiceOf<F extends string>(name: string | undefined, choices: readonly F[]): F | undefined {
  const form = choices.find((known) => known === name);
  if (name === undefined || form !== undefined) return form;
  const expected = `one of ${choices.join(', ')}`;
  throw cliErrors.badOptionValue(
    { option: '--out', value: name, expected },
    { hint: (Object.hasOwn(absentForms, name) ? absentForms[name] : undefined) ?? didYouMean(nearest(name, choices)) },
  );
}

/** What came of a function, by minion, as text. Without a form it is Salt's own for what it is. */
export function format(
  returns: Readonly<Record<string, unknown>>,
  form: Form | undefined,
  io: Io,
  { areStates = false, view = usualView }: { readonly areStates?: boolean; readonly view?: StateView } = {},
): string {
  if (form === 'quiet') return '';
  if (form === 'json') return `${safeJson(returns, 4)}\n`;
  if (form === 'yaml') return toYaml(returns);
  if (form === 'txt')
    return Object.entries(returns)
      .map(([id, value]) => labelled(id, value))
      .join('');
  if (form === 'newline_values_only') return Object.values(returns).flat().map(lineOf).join('');
  const colours = coloursFor(io);
  return Object.entries(returns)
    .map(([id, value]) => {
      const head = `${colours.changed(printable(id))}:\n`;
      // `local` is what a call on this machine is named: nobody needs to be told.
      if (form === 'table') return (id === 'local' ? '' : head) + table(value, colours);
      const isHighstate =
        form === 'highstate' ||
        (form === undefined && (areStates || (isStateRun(value) && Object.keys(value).length > 0)));
      return isHighstate ? highstate(id, value, colours, view) : head + nested(value, 4, colours);
    })
    .join('');
}

/** Salt's `txt`: each line of a text after the minion's id, as `grep` shows files. */
function labelled(id: string, value: unknown): string {
  const lines = typeof value === 'string' ? linesOf(value) : [safeJson(value)];
  return lines.map((line) => `${printable(id)}: ${printable(line)}\n`).join('');
}

function lineOf(value: unknown): string {
  return `${typeof value === 'string' ? printable(value) : safeJson(value)}\n`;
}
