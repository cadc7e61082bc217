import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';
import type { Known } from './schema/known.ts';

const options = {
  out: { value: 'DIR', help: 'write it, or all of them, as files of this directory' },
  'file-root': {
    value: 'DIR',
    many: true,
    help: 'a state tree: its own modules and states are known, too; those of file_roots of the configs without it',
  },
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files `master` and `minion` are' },
} as const;

const help = `usage: tsalt schema [NAME] [--out DIR] [--file-root DIR]

Prints the JSON Schema of a kind of file, for editors: they complete what is written and underline what is wrong. For state
files in TypeScript (\`#!ts\`), and for modules of your own, it is their types. Functions of the \`_states\` and \`_modules\` of
your state trees are in it. Without a name it lists the kinds.

`;

interface Kind {
  readonly about: string;
  /** Its file, for what is no JSON Schema. */
  readonly file?: string;
  /** Asks what functions there are only if it tells of them. */
  make(known: () => Promise<Known>): Promise<JsonMap | string>;
}

/** What there are schemas of. */
export const schemas: Readonly<Record<string, Kind>> = {
  states: {
    about: 'state files',
    async make(known) {
      const { statesSchema } = await import('./schema/states.ts');
      return statesSchema((await known()).states);
    },
  },
  types: {
    about: 'state files in TypeScript',
    file: 'tsalt-states.d.ts',
    async make(known) {
      const { statesTypes, asAmbient } = await import('./schema/types.ts');
      const { states, modules } = await known();
      return asAmbient(await statesTypes(states, modules));
    },
  },
  plugins: {
    about: 'modules of your own in TypeScript',
    file: 'tsalt-plugins.d.ts',
    make: async () => (await import('./schema/plugins.ts')).pluginTypes(),
  },
  top: {
    about: 'the top file of states',
    make: async () => (await import('./schema/top.ts')).topSchema('The top file of states', 'state'),
  },
  'pillar-top': {
    about: 'the top file of pillar',
    make: async () => (await import('./schema/top.ts')).topSchema('The top file of pillar', 'pillar'),
  },
  reactor: {
    about: 'reactor files',
    async make(known) {
      const [{ reactorSchema }, { listFunctions }] = await Promise.all([
        import('./schema/reactor.ts'),
        import('../master/runners.ts'),
      ]);
      const [ofRunners, wheels] = [listFunctions('runner'), listFunctions('wheel')];
      return reactorSchema({ modules: (await known()).modules, runners: ofRunners, wheels });
    },
  },
  master: { about: "the master's config", make: () => config('master') },
  minion: { about: "the minion's config", make: () => config('minion') },
};

async function config(daemon: 'master' | 'minion'): Promise<JsonMap> {
  const [{ configSchema }, { masterOptions, minionOptions }, { directoriesOf }] = await Promise.all([
    import('./schema/config.ts'),
    import('../lib/config/options.ts'),
    import('../lib/config/directories.ts'),
  ]);
  // The defaults that the reference shows, whoever asks.
  const directories = directoriesOf({ uid: 0, home: '/root', env: {} });
  const [master, minion] = [masterOptions(directories), minionOptions(directories)];
  return daemon === 'master' ? configSchema(daemon, master, minion) : configSchema(daemon, minion, master);
}

/** `tsalt schema`: JSON Schemas, made from what files are checked with. */
export default async function schema(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('schema', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [name, surplus] = words;
  if (surplus !== undefined) throw cliErrors.surplus({ verb: 'schema', word: surplus });
  const asked = name === undefined || !Object.hasOwn(schemas, name) ? undefined : schemas[name];
  if (name !== undefined && asked === undefined) {
    const known = Object.keys(schemas);
    const hint = didYouMean(nearest(name, known)) ?? `there are ${known.join(', ')}`;
    throw cliErrors.unknownSchema({ name }, { hint });
  }
  const absolute = (name: string): string => path.resolve(io.cwd, name);
  let found: Promise<Known> | undefined;
  const known = (): Promise<Known> =>
    (found ??= import('./schema/known.ts').then(({ knownIn }) =>
      knownIn({
        fileRoots: given['file-root']?.map(absolute),
        configDir: given['config-dir'] === undefined ? undefined : absolute(given['config-dir']),
        env: io.env,
        complain: (problem) => io.err(`warning: ${problem}\n`),
      }),
    ));
  if (given.out === undefined) {
    io.out(asked ? printed(await asked.make(known)) : listed());
    return 0;
  }
  const directory = absolute(given.out);
  mkdirSync(directory, { recursive: true });
  for (const [own, kind] of Object.entries(schemas)) {
    if (asked && kind !== asked) continue;
    const file = kind.file ?? `${own}.schema.json`;
    writeFileSync(path.join(directory, file), printed(await kind.make(known)));
    io.err(`${path.join(given.out, file)}: ${kind.about}\n`);
  }
  return 0;
}

const printed = (made: JsonMap | string): string =>
  typeof made === 'string' ? made : `${JSON.stringify(made, undefined, 2)}\n`;

function listed(): string {
  return Object.entries(schemas)
    .map(([name, { about }]) => `${name.padEnd(12)}${about}\n`)
    .join('');
}
