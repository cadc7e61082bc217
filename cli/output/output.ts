import { cliErrors } from '../../lib/errors/cli.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Io } from '../io.ts';
import { coloursFor } from './colour.ts';
import { highstate, isStateRun } from './highstate.ts';
import { nested } from './nested.ts';
import { table } from './table.ts';
import { printable, safeJson } from './text.ts';
import { usualView, type StateView } from './view.ts';
import { toYaml } from './yaml.ts';

const forms = ['json', 'yaml', 'table', 'highstate', 'nested', 'quiet'] as const;
export type Form = (typeof forms)[number];

export const outOption = { value: 'FORM', help: `how to print what came of it: ${forms.join(', ')}` } as const;

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
    { hint: didYouMean(nearest(name, choices)) },
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
