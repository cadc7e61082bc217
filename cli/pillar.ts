import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { loadMasterConfig, loadMinionConfig } from '../lib/config/load.ts';
import { nearest } from '../lib/nearest.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
  minion: { help: "the keys of this machine's minion, for tsalt call --local, in place of the master's" },
  key: { value: 'PUBLIC-KEY', help: "with encrypt: seal to this key, as 'tsalt pillar key' printed it on the master" },
  new: { help: 'with key: make a key, which seals from now on; those before it still open' },
} as const;

const help = `usage: tsalt pillar encrypt [--key PUBLIC-KEY] | decrypt [SEALED-TEXT] | key [--new] | rekey FILE ...

Seals values for pillar files, so that the files may be read by anybody: 'encrypt' asks for the value, or reads it from
standard input, and prints what stands in its place. 'key' prints the public key that others need for that, 'rekey' seals what
is sealed in pillar files anew with the newest key. A line end behind a single line is not a part of the value.

`;

/** What an action of the verb is handed. */
export interface PillarCall {
  readonly io: Io;
  readonly words: readonly string[];
  /** `pki_dir` */
  readonly keys: () => string;
  readonly options: { readonly key?: string | undefined; readonly new?: true | undefined };
}

/** Does it, and gives the exit code. */
export type PillarAction = (call: PillarCall) => number | Promise<number>;

const actions: Readonly<Record<string, () => Promise<{ readonly default: PillarAction }>>> = {
  encrypt: () => import('./pillar/encrypt.ts'),
  decrypt: () => import('./pillar/decrypt.ts'),
  key: () => import('./pillar/key.ts'),
  rekey: () => import('./pillar/rekey.ts'),
};

/** `tsalt pillar`: seals and opens values of pillar files; it needs no running master. */
export default async function pillar(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('pillar', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [action = '', ...rest] = words;
  const names = Object.keys(actions);
  const load = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!load) {
    if (action === '') throw cliErrors.missingArgument({ verb: 'pillar', what: `one of ${names.join(', ')}` });
    throw cliErrors.unknownAction({ verb: 'pillar', action }, { hint: didYouMean(nearest(action, names)) });
  }
  if (given.key !== undefined && action !== 'encrypt')
    throw cliErrors.needsOption({ option: '--key', needed: "'encrypt'" });
  if (given.new && action !== 'key') throw cliErrors.needsOption({ option: '--new', needed: "'key'" });
  const configDir = given['config-dir'] === undefined ? undefined : path.resolve(io.cwd, given['config-dir']);
  const source = { configDir, env: io.env };
  const keys = (): string => (given.minion ? loadMinionConfig(source) : loadMasterConfig(source)).config.pki_dir;
  return (await load()).default({ io, words: rest, keys, options: given });
}
