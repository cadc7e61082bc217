import os from 'node:os';
import path from 'node:path';
import { configErrors } from '../errors/config.ts';
import { didYouMean, TsaltError } from '../errors/error.ts';
import { parseMinionId } from '../ids.ts';
import { isMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { check, type Checked, type Daemon, type PlaceOf, type Vocabulary } from './check.ts';
import { directoriesOf, type Person } from './directories.ts';
import { readDocument, readValue, type ConfigDocument } from './document.ts';
import { configFiles, type ConfigFiles } from './files.ts';
import { deepFreeze, merge } from './merge.ts';
import { masterOptions, minionOptions, type MasterConfig, type MinionConfig } from './options.ts';

export interface ConfigSource {
  /** Holds `master`, `minion` and their `.d` directories; the person's own when not given. */
  readonly configDir?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Options said on the command line, by option name; texts are read as YAML would. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly files?: ConfigFiles;
  /** Who runs this and on which host; asked of the system when not given. */
  readonly person?: Omit<Person, 'env'> & { readonly hostname: string };
}

export interface Loaded<C> {
  readonly config: C;
  readonly configDir: string;
  /** The files it was read from, in order. */
  readonly sources: readonly string[];
  /** To be told, and gone on. */
  readonly warnings: readonly TsaltError[];
  /** Where an option, or (by a longer path) a part of it, is said last; with `key`, its name. Undefined where no file says it. */
  readonly placeOf: PlaceOf;
}

export interface Examined extends Omit<Loaded<Record<string, unknown>>, 'config'> {
  readonly config: Readonly<Record<string, unknown>>;
  readonly errors: readonly TsaltError[];
}

/** The master's config, frozen. Raises the first of `TS_CONFIG_...` that is wrong with it. */
export function loadMasterConfig(source: ConfigSource): Loaded<MasterConfig> {
  return load<MasterConfig>('master', source);
}

/** The minion's config, frozen, its `id` filled in. Raises the first of `TS_CONFIG_...` that is wrong with it, or `TS_ID_BAD_MINION_ID`. */
export function loadMinionConfig(source: ConfigSource): Loaded<MinionConfig> {
  const loaded = load<MinionConfig>('minion', source);
  const idFile = (source.files ?? configFiles).read(path.join(loaded.configDir, 'minion_id'))?.trim();
  const hostname = source.person?.hostname ?? os.hostname();
  const id = parseMinionId(loaded.config.id || idFile || hostname);
  return { ...loaded, config: Object.freeze({ ...loaded.config, id }) };
}

/** `pki_dir` of a daemon, whatever else is wrong with its config, also where there is none. */
export function keyFolder(daemon: Daemon, source: ConfigSource): string {
  const files = { ...(source.files ?? configFiles), isDirectory: () => true };
  const { config, configDir } = examineConfig(daemon, { ...source, files });
  const { pki_dir: folder } = config;
  return typeof folder === 'string' ? folder : path.join(configDir, 'pki', daemon);
}

function load<C>(daemon: Daemon, source: ConfigSource): Loaded<C> {
  const { errors, config, ...rest } = examineConfig(daemon, source);
  if (errors[0]) throw errors[0];
  // The options' own schemas gave every value.
  return { ...rest, config: config as C };
}

/** Reads and checks all layers; finds every mistake. What is wrong is left out of `config`. */
export function examineConfig(daemon: Daemon, source: ConfigSource): Examined {
  const person: Person = { ...(source.person ?? systemPerson()), env: source.env };
  const said = source.configDir === undefined ? undefined : path.resolve(source.configDir);
  const directories = directoriesOf(person, said);
  const configDir = said ?? directories.config;
  const master = masterOptions(directories);
  const minion = minionOptions(directories);
  const vocabulary: Vocabulary =
    daemon === 'master' ? { daemon, options: master, others: minion } : { daemon, options: minion, others: master };
  const files = source.files ?? configFiles;
  // A slip of the hand must not start something with nothing but defaults.
  if (said !== undefined && files.isDirectory?.(said) === false) throw configErrors.noDirectory({ path: said });
  const { layers, sources, documents } = fileLayers(configDir, files, vocabulary);
  layers.push(variables(source.env, vocabulary), flags(source.flags ?? {}, vocabulary));
  const fallbacks = Object.fromEntries(
    Object.entries(vocabulary.options).map(([name, { fallback }]) => [name, fallback]),
  );
  // file_roots and the like are said whole: what is written stands in place of the default, not beside it.
  const written = layers.map(({ values }) => values).reduce(merge, {});
  return {
    config: deepFreeze(underRootDir({ ...fallbacks, ...written })),
    configDir,
    sources,
    errors: layers.flatMap(({ errors }) => errors),
    warnings: layers.flatMap(({ warnings }) => warnings),
    placeOf: (path, key) => documents.findLast(({ values }) => isSaid(values, path))?.placeOf(path, key),
  };
}

function isSaid(values: unknown, [first, ...rest]: readonly (string | number)[]): boolean {
  if (first === undefined) return true;
  if (Array.isArray(values)) return isSaid(values[Number(first)], rest);
  return isMap(values) && Object.hasOwn(values, first) && isSaid(values[String(first)], rest);
}

function systemPerson() {
  return { uid: process.getuid?.() ?? -1, home: os.homedir(), hostname: os.hostname() };
}

function fileLayers(configDir: string, files: ConfigFiles, vocabulary: Vocabulary) {
  const layers: Checked[] = [];
  const sources: string[] = [];
  const documents: ConfigDocument[] = [];
  const add = (work: () => Checked | undefined) => {
    try {
      const layer = work();
      if (layer) layers.push(layer);
    } catch (error) {
      if (!(error instanceof TsaltError)) throw error;
      layers.push({ values: {}, errors: [error], warnings: [] });
    }
  };
  const addFile = (file: string) =>
    add(() => {
      const text = files.read(file);
      if (text === undefined) return undefined;
      sources.push(file);
      const document = readDocument(file, text);
      documents.push(document);
      return check(document.values, vocabulary, document.placeOf);
    });
  const main = path.join(configDir, vocabulary.daemon);
  addFile(main);
  addFile(`${main}.yaml`);
  if (sources.length > 1) add(() => raise(configErrors.twoFiles({ one: main, other: `${main}.yaml` })));
  add(() => {
    for (const name of files.list(`${main}.d`)) if (name.endsWith('.conf')) addFile(path.join(`${main}.d`, name));
    return undefined;
  });
  return { layers, sources, documents };
}

function raise(error: TsaltError): never {
  throw error;
}

const prefix = 'TSALT_';
/** Variables that are no options. */
const reserved = new Set(['TSALT_CONFIG_DIR', 'TSALT_FAIL', 'TSALT_OPERATOR_KEY']);

function variables(env: ConfigSource['env'], vocabulary: Vocabulary): Checked {
  const variableOf = (option: string) => prefix + option.replaceAll('.', '_').toUpperCase();
  const named = new Map<string, string>();
  for (const option of [...Object.keys(vocabulary.others), ...Object.keys(vocabulary.options)]) {
    named.set(variableOf(option), option);
  }
  const layers: Checked[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith(prefix) || reserved.has(name)) continue;
    const option = named.get(name);
    if (option === undefined) {
      const hint = didYouMean(nearest(name, named.keys()));
      layers.push({ values: {}, errors: [], warnings: [configErrors.unknownVariable({ name }, { hint })] });
    } else if (Object.hasOwn(vocabulary.options, option)) {
      // Master and minion share the environment: the other one's variables are nobody's mistake.
      const { values, errors, warnings } = checkText(option, text, vocabulary);
      layers.push({
        values,
        errors: errors.map((error) => saidBy(`the environment variable ${name}`, error)),
        warnings,
      });
    }
  }
  return together(layers);
}

/** Where a mistake is that has no place in a file. */
function saidBy(where: string, { code, sentence, hint, cause }: TsaltError): TsaltError {
  return new TsaltError(code, `${where}: ${sentence}`, { hint, cause });
}

function flags(written: Readonly<Record<string, unknown>>, vocabulary: Vocabulary): Checked {
  return together(
    Object.entries(written)
      .filter(([, value]) => value !== undefined)
      .map(([option, value]) =>
        typeof value === 'string'
          ? checkText(option, value, vocabulary)
          : check({ [option]: value }, vocabulary, () => undefined),
      ),
  );
}

/** A text is what YAML makes of it where that fits the option, else itself: a host named `on`, a port. */
function checkText(option: string, text: string, vocabulary: Vocabulary): Checked {
  const asYaml = check({ [option]: readValue(text) }, vocabulary, () => undefined);
  if (asYaml.errors.length === 0) return asYaml;
  const asText = check({ [option]: text }, vocabulary, () => undefined);
  return asText.errors.length === 0 ? asText : asYaml;
}

function together(layers: readonly Checked[]): Checked {
  return {
    values: layers.map(({ values }) => values).reduce(merge, {}),
    errors: layers.flatMap(({ errors }) => errors),
    warnings: layers.flatMap(({ warnings }) => warnings),
  };
}

/** Salt's `root_dir`: put before these paths unless they are under it already. */
function underRootDir(config: Record<string, unknown>): Record<string, unknown> {
  const root = typeof config.root_dir === 'string' ? path.resolve(config.root_dir) : '/';
  if (root === '/') return config;
  const moved = ['pki_dir', 'cachedir', 'sock_dir', 'pidfile', 'log_file', 'audit_file'].map((name) => {
    const value = config[name];
    if (typeof value !== 'string' || value === '' || `${value}/`.startsWith(`${root}/`)) return [name, value];
    return [name, path.join(root, value)];
  });
  return { ...config, ...Object.fromEntries(moved) };
}
