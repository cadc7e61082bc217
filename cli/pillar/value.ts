import { isUtf8 } from 'node:buffer';
import { cliErrors } from '../../lib/errors/cli.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import type { Input } from '../input.ts';

/** What is given on standard input: a line without its end, or a longer text as it is. Raises `TS_SECRET_NOT_UTF8`, and shows nothing of it. */
export async function readInput(input: Input | undefined): Promise<string> {
  const bytes = (await input?.all()) ?? Buffer.alloc(0);
  if (!isUtf8(bytes))
    throw secretErrors.notUtf8(undefined, { hint: "bytes go through 'base64', here and in the state" });
  const text = bytes.toString('utf8');
  return text.indexOf('\n') === text.length - 1 ? text.replace(/\r?\n$/, '') : text;
}

/** What is typed, twice and unseen. Raises `TS_CLI_BROKEN_OFF` and `TS_SECRET_NOT_SAME`. */
export async function typeTwice(input: Input): Promise<string> {
  const typed = await input.hidden('value (not shown): ');
  const again = typed === undefined ? undefined : await input.hidden('again: ');
  if (typed === undefined || again === undefined) throw cliErrors.brokenOff(undefined);
  if (typed !== again) throw secretErrors.notSame(undefined, { hint: 'nothing was sealed: try again' });
  return typed;
}
