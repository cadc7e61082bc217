import type { StateRegistry, TemplateUse } from '../../lib/contracts/state.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { stateErrors } from '../../lib/errors/state.ts';
import { templateErrors } from '../../lib/errors/template.ts';
import type { Exclusion } from '../../lib/exclusions.ts';
import { placeAt } from '../../lib/place.ts';
import { fetchAhead } from './ahead.ts';
import { requirementsOf, type Chunk } from './chunk.ts';
import { declarations, type Declaration } from './declaration.ts';
import { expand, loadStates } from './expand.ts';
import { hasSource, nearestEnvironment, nearestSource, sourcesOf, type Environments } from './environments.ts';
import { contextIn, prepareText, type RenderContext } from './render.ts';
import { inOrder, tie } from './requisites.ts';
import { reshape } from './reshape.ts';
import { loadSlsFiles, type ReadFiles, type Sls, type Wanted } from './sls.ts';
import { byEnvironment, topFiles, type TopOptions } from './top.ts';
import { isAddress } from './address.ts';

export interface Compiled {
  /** What the files say, with what they say of each other done. */
  readonly declarations: readonly Declaration[];
  /** The files that the top files mean for this minion, by environment; empty where files were named. */
  readonly top: Readonly<Record<string, readonly string[]>>;
  /** In the order they run in. Worth nothing when there are errors. */
  readonly chunks: readonly Chunk[];
  /** All that is wrong with the tree, by file and line. */
  readonly errors: readonly TsaltError[];
}

export interface CompileOptions {
  readonly environments: Environments;
  /** `saltenv` is the environment of files that are named without one. */
  readonly context: RenderContext;
  readonly registry: StateRegistry;
  /** How the highstate is found. */
  readonly tops?: TopOptions | undefined;
  /** The only environment that the highstate is from; undefined: all that top files name. */
  readonly saltenv?: string | undefined;
  /** No state may name another environment (`lock_saltenv`). */
  readonly isLocked?: boolean | undefined;
  /** Left out of what is named, besides what the files leave out. */
  readonly exclude?: readonly Exclusion[] | undefined;
  /** Files of the tree that were read already, and those that will be. */
  readonly read?: ReadFiles | undefined;
}

/** The states that the top file means for this minion. */
export async function compileHighstate(options: CompileOptions): Promise<Compiled> {
  const { environments, context, tops, saltenv } = options;
  const errors: TsaltError[] = [];
  const { id, grains, pillar } = context;
  const names = await topFiles(environments, context, { id, grains, pillar }, errors, { ...tops, saltenv });
  if (saltenv !== undefined && !(await environments.tree(saltenv)))
    errors.push(stateErrors.noEnvironment({ saltenv }, { hint: nearestEnvironment(environments, saltenv) }));
  else if (names === undefined)
    errors.push(stateErrors.noTop(undefined, { hint: 'name state files: state.apply web.nginx' }));
  else if (names.length === 0 && errors.length === 0)
    errors.push(stateErrors.noMatch({ id, saltenv: saltenv ?? environments.names.join("' or '") }));
  const compiled = await compileFiles(names ?? [], options);
  return { ...compiled, top: byEnvironment(names ?? [], context.saltenv), errors: [...errors, ...compiled.errors] };
}

/** The states of the named files and all they include. */
export function compileSls(names: readonly string[], options: CompileOptions): Promise<Compiled> {
  return compileFiles(
    names.map((name) => ({ name })),
    options,
  );
}

async function compileFiles(wanted: readonly Wanted[], options: CompileOptions): Promise<Compiled> {
  const { environments, context, registry, exclude, read } = options;
  const errors: TsaltError[] = [];
  const files = await loadSlsFiles(wanted, environments, context, errors, read);
  const isComplete = errors.length === 0;
  const written = declarations(files, errors);
  const all = reshape(files, written, errors, exclude);
  const states = await loadStates(all, registry, errors);
  const chunks = all.flatMap((declaration, at) => {
    const state = states.get(`${declaration.module}.${declaration.fun}`);
    return state ? expand(declaration, state, at, errors, registry.whyAbsent) : [];
  });
  refuseTwice(chunks, errors);
  await checkEnvironments(chunks, options, errors);
  await checkSources(chunks, environments, errors);
  // What a file that could not be read has in it, nobody knows: requisites may point there.
  const there = new Set(all.map(({ id }) => id));
  const excluded = new Set(written.map(({ id }) => id).filter((id) => !there.has(id)));
  tie(chunks, isComplete ? errors : [], declared(files), excluded);
  const ordered = inOrder(chunks, errors);
  fetchAhead(
    ordered.filter(({ args }) => args['template'] !== undefined),
    environments,
  );
  await checkTemplates(ordered, environments, context, errors);
  return { declarations: all, top: {}, chunks: ordered, errors: byPlace(errors) };
}

/** Every id and name in the files and their own names, also of states that have mistakes. */
function declared(files: readonly Sls[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { name: sls, data } of files) {
    names.add(sls);
    for (const [id, body] of Object.entries(data)) {
      names.add(id);
      const lists = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.values(body) : [];
      for (const argument of lists.flat()) {
        const { name } = Object(argument) as { name?: unknown };
        if (typeof name === 'string') names.add(name);
      }
    }
  }
  return names;
}

/** Two states with one key would share one result. */
function refuseTwice(chunks: readonly Chunk[], errors: TsaltError[]): void {
  const seen = new Set<string>();
  for (const { tag, sls, path } of chunks) {
    if (seen.has(tag)) errors.push(stateErrors.twice({ tag }, { place: sls.yaml.placeOf(path) }));
    seen.add(tag);
  }
}

/** Environments that states name for their sources. */
async function checkEnvironments(
  chunks: readonly Chunk[],
  { environments, isLocked = false }: CompileOptions,
  errors: TsaltError[],
): Promise<void> {
  for (const { saltenv, sls, path } of chunks) {
    if (saltenv === sls.saltenv) continue;
    const place = sls.yaml.placeOf(argumentWith(saltenv, sls.yaml.data, path) ?? path, 'value');
    if (isLocked) errors.push(stateErrors.lockedEnvironment({ saltenv }, { place }));
    if (isLocked || (await environments.tree(saltenv))) continue;
    const hint = nearestEnvironment(environments, saltenv);
    errors.push(stateErrors.noEnvironment({ saltenv }, { place, hint }));
  }
}

/** Files of the tree that states need to be there. */
async function checkSources(chunks: readonly Chunk[], environments: Environments, errors: TsaltError[]): Promise<void> {
  for (const { state, args, sls, path, saltenv } of chunks) {
    if (!state.needs) continue;
    for (const url of state.needs(args as never)) {
      const { yaml } = sls;
      const place = () => yaml.placeOf(argumentWith(url, yaml.data, path) ?? path, 'value');
      if (!isAddress(url)) {
        errors.push(stateErrors.badSource({ url }, { place: place() }));
        continue;
      }
      const has = hasSource(environments, saltenv, url);
      if (has instanceof Promise ? await has : has) continue;
      const hint = await nearestSource(environments, saltenv, url);
      errors.push(stateErrors.noSource({ url }, { place: place(), hint }));
    }
  }
}

/**
 * What states will render. All that a template can name is known by now, so it is rendered here for its mistakes; one
 * that calls functions is only looked through, since what they say may depend on what states before it do.
 */
async function checkTemplates(
  chunks: readonly Chunk[],
  environments: Environments,
  context: RenderContext,
  errors: TsaltError[],
): Promise<void> {
  const told = new Set<string>();
  let seen = context;
  let isGuess = false;
  for (const chunk of chunks) {
    const { state, args, saltenv } = chunk;
    if (state.grainsAfter) seen = { ...seen, grains: state.grainsAfter(args as never, seen.grains) };
    isGuess ||= chunk.reloads.length > 0;
    if (!state.templates) continue;
    const required = requirementsOf(chunk).map((one) => ({
      fun: `${one.module}.${one.fun}`,
      name: one.name,
      args: one.args,
      ran: true,
    }));
    try {
      const uses = state.templates(args as never, sourcesOf(environments, saltenv), required);
      // A thousand states without a template are not waited for.
      for (const use of uses instanceof Promise ? await uses : uses)
        await checkTemplate(use, contextIn(seen, saltenv), environments);
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      // That it is not there is told already, with the place that names it.
      if (thrown.code === 'TS_STATE_NO_SOURCE') continue;
      // What a state before it has reloaded may well define it.
      if (isGuess && thrown.code === 'TS_TEMPLATE_UNDEFINED_NAME') continue;
      for (const error of [thrown, ...thrown.others]) {
        if (told.has(error.message)) continue;
        told.add(error.message);
        errors.push(error);
      }
    }
  }
}

async function checkTemplate(use: TemplateUse, context: RenderContext, environments: Environments): Promise<void> {
  const called = await prepareText(use, context, environments);
  if (called.size === 0) return;
  const { name, text } = use;
  await context.functions?.prepare(called);
  for (const fun of called) {
    const problem = context.functions?.problem(fun);
    if (!problem) continue;
    const { sentence, hint } = problem instanceof TsaltError ? problem : { sentence: problem.message, hint: undefined };
    // A file that it takes in may be the one that calls it.
    const place = placeAt(name, text, Math.max(0, text.indexOf(fun)));
    throw templateErrors.failed({ name: `salt ${fun}`, problem: sentence }, { place, hint, cause: problem });
  }
}

/** The way to the argument that holds the value, for a better place. */
function argumentWith(value: unknown, data: unknown, path: Chunk['path']): Chunk['path'] | undefined {
  let at: unknown = data;
  for (const step of path) at = (at as Record<string | number, unknown> | null)?.[step];
  const items = Array.isArray(at)
    ? at.map((item: unknown, index) => ({ item, way: [...path, index] }))
    : [{ item: at, way: path }];
  for (const { item, way } of items) {
    for (const [name, found] of Object.entries((item ?? {}) as object)) {
      if (found === value) return [...way, name];
      if (Array.isArray(found) && found.includes(value)) return [...way, name, found.indexOf(value)];
    }
  }
  return undefined;
}

/** As a reader goes through the files; what has no place comes first. */
function byPlace(errors: readonly TsaltError[]): TsaltError[] {
  const files = [...new Set(errors.map(({ place }) => place?.file))];
  const key = ({ place }: TsaltError) =>
    [place ? files.indexOf(place.file) : -1, place?.line ?? 0, place?.column ?? 0] as const;
  return errors
    .map((error) => ({ error, key: key(error) }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2])
    .map(({ error }) => error);
}
