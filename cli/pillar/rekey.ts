import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { cliErrors } from '../../lib/errors/cli.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { placeAt } from '../../lib/place.ts';
import { textOf } from '../../lib/text.ts';
import { openerOf, sealKeys } from '../../wire/sealed/keys.ts';
import { readSealed, sealText } from '../../wire/sealed/seal.ts';
import type { PillarCall } from '../pillar.ts';
import { replaceFile } from './replace-file.ts';

/** `tsalt pillar rekey`: seals anew, with the key that seals now, what files have sealed to older ones. All files, or none. */
export default function rekey({ io, words, keys }: PillarCall): number {
  if (words.length === 0) throw cliErrors.missingArgument({ verb: 'pillar rekey', what: 'pillar files' });
  const folder = keys();
  const [newest] = sealKeys(folder);
  if (!newest) throw secretErrors.noSealingKey({ folder }, { hint: "'tsalt pillar key --new' makes one" });
  const open = openerOf([folder]);
  const changed = words.map((word) => {
    const file = realpathSync(path.resolve(io.cwd, word));
    const source = textOf(readFileSync(file), word);
    let count = 0;
    const text = source.replace(/tsalt-sealed-[\w-]+\.[\w.-]+/g, (sealed, offset: number) => {
      try {
        if (readSealed(sealed).key === newest.name) return sealed;
        count++;
        return sealText(open(sealed), newest.keys.publicKey);
      } catch (thrown) {
        if (!(thrown instanceof TsaltError)) throw thrown;
        const { code, sentence, hint } = thrown;
        throw new TsaltError(code, sentence, { place: placeAt(word, source, offset), hint });
      }
    });
    return { word, file, text, count };
  });
  for (const { word, file, text, count } of changed) {
    if (count > 0) replaceFile(file, text);
    io.err(`${word}: ${count} sealed anew\n`);
  }
  return 0;
}
