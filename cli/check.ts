import { statSync } from 'node:fs';
import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import type { TsaltError } from '../lib/errors/error.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = {
  'pillar-root': {
    value: 'DIR',
    many: true,
    help: 'pillar trees: checked as such, and what state files are checked with',
  },
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config file `minion` is' },
  id: { value: 'ID', help: 'check as this minion' },
} as const;

const whatIsWhat =
  "config is told by its name ('master', 'minion', 'master.d/*.conf'), alone or in its directory, pillar and reactors by a directory 'pillar' or 'reactor' that they are in, pillar also by --pillar-root and by pillar_roots of the config; all else are state files, '.sls'";

/** A path given, and how it was read. */
export interface Checked {
  readonly kind: string;
  /** Files that were looked at. */
  readonly files: number;
  readonly errors: readonly TsaltError[];
  /** What is no mistake and could be better. */
  readonly notes?: readonly string[];
}

/** `tsalt check`: says all that is wrong with state trees, pillar trees, reactor files and config, and touches nothing. */
export default async function check(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help } = parseOptions('check', options, argv);
  if (help) {
    io.out(
      `usage: tsalt check PATH ... | --pillar-root DIR\n\nA path is a state or pillar tree, a state file, a reactor file, a config file, or a directory that holds configs,\nstates/, pillar/ or reactor/. A pillar tree of another name is known by --pillar-root, or by pillar_roots of the config.\n\n${describeOptions(options)}`,
    );
    return 0;
  }
  const meant = words.length > 0 ? words : (given['pillar-root'] ?? []);
  if (meant.length === 0) throw cliErrors.missingArgument({ verb: 'check', what: 'files or directories' });
  const [{ checkPath }, { configsIn }, { roomsIn }, { configuredTrees, pillarTrees }] = await Promise.all([
    import('./check/path.ts'),
    import('./check/configs.ts'),
    import('./check/rooms.ts'),
    import('./check/roots.ts'),
  ]);
  const placesIn = (place: string, pillars: readonly string[]): readonly string[] => {
    const found = configsIn(place);
    return [...found, ...roomsIn(place, pillars).filter((room) => room !== place || found.length === 0)];
  };
  const absolute = (name: string) => path.resolve(io.cwd, name);
  const pillarRoots = (given['pillar-root'] ?? []).map(absolute);
  const configDir = given['config-dir'] === undefined ? undefined : absolute(given['config-dir']);
  const configs = configuredTrees({ configDir, env: io.env });
  const pillars = [...pillarRoots, ...pillarTrees(configs)];
  // A mistake in pillar is one of every tree that needs it.
  const told = new Set<string>();
  for (const word of meant) {
    const place = absolute(word);
    if (!statSync(place, { throwIfNoEntry: false })) throw cliErrors.noSuchPath({ path: word });
    for (const room of placesIn(place, pillars)) {
      const name = room === place ? word : path.join(word, path.relative(place, room));
      const {
        kind,
        files,
        errors,
        notes = [],
      } = await checkPath(room, {
        env: io.env,
        id: given.id,
        configDir,
        pillarRoots,
        configs,
      });
      if (files === 0 && errors.length === 0)
        throw cliErrors.nothingToCheck({ path: name, kind }, { hint: whatIsWhat });
      for (const { message } of errors) told.add(message);
      for (const note of notes) io.err(`note: ${note}\n`);
      if (errors.length === 0) io.err(`${name}: ${kind}, ${files} ${files === 1 ? 'file' : 'files'}: nothing wrong\n`);
    }
  }
  for (const message of told) io.out(`${message}\n\n`);
  if (told.size > 0) io.err(`${told.size} ${told.size === 1 ? 'mistake' : 'mistakes'}\n`);
  return told.size > 0 ? 2 : 0;
}
