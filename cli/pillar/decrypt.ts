import { cliErrors } from '../../lib/errors/cli.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { MARK } from '../../lib/secrets/marked.ts';
import { openerOf } from '../../wire/sealed/keys.ts';
import type { PillarCall } from '../pillar.ts';
import { readInput } from './value.ts';

/** `tsalt pillar decrypt`: prints what was sealed, where the keys that open it can be read. */
export default async function decrypt({ io, words, keys }: PillarCall): Promise<number> {
  const [given, ...surplus] = words.filter((word) => word !== MARK);
  if (surplus[0] !== undefined) throw cliErrors.surplus({ verb: 'pillar decrypt', word: surplus[0] });
  const input = await io.input?.();
  if (given === undefined && input?.isTerminal === true)
    throw cliErrors.missingArgument({ verb: 'pillar decrypt', what: 'a sealed text, or one on standard input' });
  const text = given ?? (await readInput(input));
  if (text.trim() === '') throw secretErrors.empty(undefined);
  // As it stands in the file, too.
  const sealed = text.slice(text.indexOf(MARK) < 0 ? 0 : text.indexOf(MARK) + MARK.length).trim();
  const value = openerOf([keys()])(sealed);
  io.out(value.endsWith('\n') ? value : `${value}\n`);
  return 0;
}
