import { cliErrors } from '../../lib/errors/cli.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { textOf } from '../../lib/text.ts';
import type { Io } from '../io.ts';

/** What is given on standard input: a line without its end, or a longer text as it is. */
export async function readInput({ input }: Io): Promise<string> {
  const text = textOf((await input?.all()) ?? Buffer.alloc(0), 'standard input');
  return text.indexOf('\n') === text.length - 1 ? text.replace(/\r?\n$/, '') : text;
}

/** What is typed, twice and unseen. Raises `TS_CLI_BROKEN_OFF` and `TS_SECRET_NOT_SAME`. */
export async function typeTwice({ input }: Io): Promise<string> {
  const typed = await input?.hidden('value (not shown): ');
  const again = typed === undefined ? undefined : await input?.hidden('again: ');
  if (typed === undefined || again === undefined) throw cliErrors.brokenOff(undefined);
  if (typed !== again) throw secretErrors.notSame(undefined, { hint: 'nothing was sealed: try again' });
  return typed;
}
