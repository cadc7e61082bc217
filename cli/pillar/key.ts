import { cliErrors } from '../../lib/errors/cli.ts';
import { secretErrors } from '../../lib/errors/secrets.ts';
import { makeSealKey, sealKeys } from '../../wire/sealed/keys.ts';
import { formatPublicKey } from '../../wire/sealed/seal.ts';
import type { PillarCall } from '../pillar.ts';

/** `tsalt pillar key`: prints the public half of the key that seals, for whoever writes pillar files elsewhere. */
export default function key({ io, words, keys, options }: PillarCall): number {
  if (words[0] !== undefined) throw cliErrors.surplus({ verb: 'pillar key', word: words[0] });
  const folder = keys();
  if (options.new) {
    const { file } = makeSealKey(folder);
    io.err(`made ${file}: keep a copy of it, for without it nobody opens what is sealed to it\n`);
  }
  const [newest, ...older] = sealKeys(folder);
  if (!newest) throw secretErrors.noSealingKey({ folder }, { hint: "'tsalt pillar key --new' makes one" });
  io.out(`${formatPublicKey(newest.keys.publicKey)}\n`);
  io.err(`${newest.name} seals (${newest.file})\n`);
  for (const { name, file } of older) io.err(`${name} still opens (${file})\n`);
  return 0;
}
