import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import type { JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = { out: { value: 'DIR', help: 'write it, or all of them, as files of this directory' } } as const;

const help = `usage: tsalt schema [NAME] [--out DIR]

Prints the JSON Schema of a kind of file, for editors: they complete what is written and underline what is wrong. For state
files in TypeScript (\`#!ts\`), and for modules of your own, it is their types. Without a name it lists the kinds.

`;

interface Kind {
  readonly about: string;
  /** Its file, for what is no JSON Schema. */
  readonly file?: string;
  make(): Promise<JsonMap | string>;
}

/** What there are schemas of. */
export const schemas: Readonly<Record<string, Kind>> = {
  states: {
    about: 'state files',
    async make() {
      const [{ statesSchema }, { builtinStates }] = await Promise.all([
        import('./schema/states.ts'),
        import('../states/registry.ts'),
      ]);
      return statesSchema(builtinStates);
    },
  },
  types: {
    about: 'state files in TypeScript',
    file: 'tsalt-states.d.ts',
    async make() {
      const [{ statesTypes, asAmbient }, { builtinStates }, { builtinModules }] = await Promise.all([
        import('./schema/types.ts'),
        import('../states/registry.ts'),
        import('../minion/local.ts'),
      ]);
      return asAmbient(await statesTypes(builtinStates, builtinModules));
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
    async make() {
      const [{ reactorSchema }, { builtinModules }, { listFunctions }] = await Promise.all([
        import('./schema/reactor.ts'),
        import('../minion/local.ts'),
        import('../master/runners.ts'),
      ]);
      const [ofRunners, wheels] = [listFunctions('runner'), listFunctions('wheel')];
      return reactorSchema({ modules: builtinModules, runners: ofRunners, wheels });
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
  if (given.out === undefined) {
    io.out(asked ? printed(await asked.make()) : listed());
    return 0;
  }
  const directory = path.resolve(io.cwd, given.out);
  mkdirSync(directory, { recursive: true });
  for (const [own, kind] of Object.entries(schemas)) {
    if (asked && kind !== asked) continue;
    const file = kind.file ?? `${own}.schema.json`;
    writeFileSync(path.join(directory, file), printed(await kind.make()));
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
