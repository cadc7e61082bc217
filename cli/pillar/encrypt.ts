import { secretErrors } from '../../lib/errors/secrets.ts';
import { SHORTEST } from '../../lib/secrets/forms.ts';
import { MARK } from '../../lib/secrets/marked.ts';
import { sealKeys } from '../../wire/sealed/keys.ts';
import { parsePublicKey, sealText } from '../../wire/sealed/seal.ts';
import type { PillarCall } from '../pillar.ts';
import { readInput, typeTwice } from './value.ts';

/** `tsalt pillar encrypt`: prints what a pillar file has in place of the value. */
export default async function encrypt({ io, words, keys, options }: PillarCall): Promise<number> {
  if (words.length > 0) {
    const hint = "'tsalt pillar encrypt' asks for it; 'tsalt pillar encrypt < FILE' takes it from a file";
    throw secretErrors.onCommandLine(undefined, { hint });
  }
  const to = options.key === undefined ? sealingKey(keys()) : parsePublicKey(options.key);
  const input = await io.input?.();
  const value = input?.isTerminal === true ? await typeTwice(input) : await readInput(input);
  if (value === '') throw secretErrors.empty(undefined);
  if (value.trim().length < SHORTEST) throw secretErrors.tooShort({ least: SHORTEST });
  io.out(`${MARK} ${sealText(value, to)}\n`);
  return 0;
}

function sealingKey(folder: string): Buffer {
  const [newest] = sealKeys(folder);
  if (newest) return newest.keys.publicKey;
  const hint =
    "on the master 'tsalt pillar key --new' makes one; elsewhere --key takes what 'tsalt pillar key' prints there";
  throw secretErrors.noSealingKey({ folder }, { hint });
}
