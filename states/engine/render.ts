import type { JsonMap } from '../../lib/json.ts';
import type { Place } from '../../lib/place.ts';
import { MARK } from '../../lib/secrets/marked.ts';
import { loadYaml, type ReadSecret, type YamlFile } from '../../lib/yaml/load.ts';
import { textOf } from '../../lib/text.ts';
import { templateErrors } from '../../lib/errors/template.ts';
import { NotYet, patiently, templateFiles, type TemplateFiles } from './files.ts';
import { jsonAsYaml, rendererOf } from './renderer.ts';
import { compileTemplate, type CallFunction } from './template/template.ts';
import { addressOf, isAddress } from './address.ts';
import type { Environments } from './environments.ts';
import type { Later, Tree } from './tree.ts';

/** What templates see and may call. */
export interface RenderContext {
  readonly id: string;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  /** The environment of what is rendered. */
  readonly saltenv: string;
  /** The execution functions that templates may call. */
  readonly functions?: TemplateFunctions | undefined;
  /** Milliseconds since 1970 at which the run began: the time that templates see. */
  readonly now?: number | undefined;
  /** Makes ready what reads values that are marked as secrets; undefined where none may be. */
  readonly secret?: (() => Promise<ReadSecret>) | undefined;
}

export interface TemplateFunctions {
  /** Makes these functions ready, where they exist and templates may call them. */
  prepare(names: ReadonlySet<string>): Promise<void>;
  /** The same for all that templates may call, where what will be rendered is not known yet. */
  prepareAll(): Promise<void>;
  /** Why templates can't call a function that was prepared. */
  problem(fun: string): Error | undefined;
  readonly call: CallFunction;
}

const inOthers = new WeakMap<RenderContext, Map<string, RenderContext>>();

/** The same for what is in another environment: always the same object, so that what is kept for it is found. */
export function contextIn(context: RenderContext, saltenv: string): RenderContext {
  if (context.saltenv === saltenv) return context;
  const known = inOthers.get(context) ?? new Map<string, RenderContext>();
  inOthers.set(context, known);
  const made = known.get(saltenv) ?? { ...context, saltenv };
  known.set(saltenv, made);
  return made;
}

/** Where a template is in its tree, as its text can ask: Salt's names. */
function locationNames(path: string, sls: string): JsonMap {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const isInit = path.endsWith('/init.sls');
  return {
    sls,
    slspath: isInit ? sls.replaceAll('.', '/') : folder,
    tplpath: path,
    tplfile: path,
    tpldir: folder === '' ? '.' : folder,
    tpldot: folder.replaceAll('/', '.'),
  };
}

/** Every name that a template of the tree can use. */
export function templateData(context: RenderContext, location: JsonMap): JsonMap {
  const { id, grains, pillar, opts, saltenv } = context;
  return { grains, pillar, opts, id, saltenv, env: saltenv, ...location };
}

/** Renderings that need no functions, for the run that asks again for what compiling has rendered. */
const rendered = new WeakMap<RenderContext, WeakMap<object, Map<string, string>>>();
const mostRendered = 10_000;

/** A template of a state: of the tree where its name is an address. */
export interface StateTemplate {
  readonly name: string;
  readonly text: string;
  readonly context: JsonMap;
}

/**
 * The text of a template of a state, over what every template sees and its `context` besides. It waits for nothing: what it
 * takes from files of a tree that has to be fetched was fetched by `prepareText`. Raises `TS_TEMPLATE_...`, and what its
 * functions raise.
 */
export function renderText(template: StateTemplate, context: RenderContext, environments: Environments): string {
  const found = treeOf(template, context, environments);
  // Its tree was waited for when it was prepared.
  const tree = found instanceof Promise ? undefined : found;
  const files = tree && templateFiles(tree);
  const atHand: TemplateFiles | undefined =
    files &&
    ((path, from) => {
      try {
        return files(path, from);
      } catch (thrown) {
        if (!(thrown instanceof NotYet)) throw thrown;
        throw templateErrors.notAtHand({ path }, { hint: 'name the file as a quoted text' });
      }
    });
  return textWith(template, context, tree, atHand);
}

/**
 * Renders a template of a state for its mistakes, waiting for what it needs, so that `renderText` need not. Gives the
 * functions that it calls: with any, it is not rendered, since what they say may depend on what states before it do.
 */
export async function prepareText(
  template: StateTemplate,
  context: RenderContext,
  environments: Environments,
): Promise<ReadonlySet<string>> {
  const tree = await treeOf(template, context, environments);
  const files = tree ? templateFiles(tree) : noFiles;
  const functions = new Set<string>();
  const note = (names: Iterable<string>) => {
    for (const name of names) functions.add(name);
  };
  await fetchNamed(template.text, template.name, pathOfTemplate(template), files, note, new Set());
  if (functions.size > 0) return functions;
  try {
    await patiently(() =>
      textWith(template, context, tree, files, (names) => {
        note(names);
        throw new CallsFunctions();
      }),
    );
  } catch (thrown) {
    if (!(thrown instanceof CallsFunctions)) throw thrown;
  }
  return functions;
}

class CallsFunctions extends Error {}

/** Fetches the files that a template names as quoted text, and that templates among them name. */
async function fetchNamed(
  text: string,
  name: string,
  path: string | undefined,
  files: TemplateFiles,
  note: (functions: ReadonlySet<string>) => void,
  seen: Set<string>,
): Promise<void> {
  const template = compileTemplate(text, name);
  note(template.functions);
  for (const [named, kind] of template.files) {
    // What is not there is told where it is used.
    const file = await patiently(() => files(named, path)).catch(() => undefined);
    if (!file || kind === 'data' || seen.has(file.path)) continue;
    seen.add(file.path);
    await fetchNamed(file.text, file.shown, file.path, files, note, seen);
  }
}

/** A template of an environment that is not there has no files beside it. */
const noFiles: TemplateFiles = (path) => {
  throw templateErrors.noFile({ path });
};

/** The tree that a template is from, and takes files of. */
function treeOf(
  { name }: StateTemplate,
  { saltenv }: RenderContext,
  environments: Environments,
): Later<Tree | undefined> {
  return environments.tree((isAddress(name) ? addressOf(name).environment : undefined) ?? saltenv);
}

function pathOfTemplate({ name }: StateTemplate): string | undefined {
  return isAddress(name) ? addressOf(name).path : undefined;
}

/** What was rendered over a context with the files of a tree. */
function textsOf(context: RenderContext, tree: object): Map<string, string> {
  const ofContext = rendered.get(context) ?? new WeakMap<object, Map<string, string>>();
  rendered.set(context, ofContext);
  const texts = ofContext.get(tree) ?? new Map<string, string>();
  ofContext.set(tree, texts);
  return texts;
}

function textWith(
  template: StateTemplate,
  context: RenderContext,
  tree: Tree | undefined,
  files: TemplateFiles | undefined,
  onFunctions?: (names: ReadonlySet<string>) => void,
): string {
  const { name, text: source, context: names } = template;
  const compiled = compileTemplate(source, name);
  const render = (onCalls: (called: ReadonlySet<string>) => void): string =>
    compiled.render(
      { ...templateData(context, {}), ...names },
      { call: context.functions?.call, now: context.now, files, path: pathOfTemplate(template), onFunctions: onCalls },
    ).text;
  if (compiled.functions.size > 0) return render(() => {});
  const known = textsOf(context, tree ?? context);
  const key = `${name}\0${JSON.stringify(names)}\0${source}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  let calls = false;
  const text = render((called) => {
    calls = true;
    onFunctions?.(called);
  });
  if (!calls && known.size < mostRendered) known.set(key, text);
  return text;
}

/**
 * Renders a file of a tree as its first line says, then reads its YAML or JSON, or runs its code. Raises `TS_TEMPLATE_...`,
 * `TS_MODULE_...`; mistakes in the YAML are in `errors`.
 */
export async function renderYaml(
  bytes: Buffer,
  file: { readonly path: string; readonly sls: string; readonly names?: JsonMap | undefined },
  context: RenderContext,
  tree: Tree,
): Promise<YamlFile> {
  const shown = tree.shown(file.path);
  const text = textOf(bytes, shown);
  const { isTemplate, form } = rendererOf(text, shown);
  const data = templateData(context, { ...locationNames(file.path, file.sls), ...file.names });
  if (form === 'TypeScript' || form === 'JavaScript') {
    const { renderModule } = await import('./module.ts');
    return renderModule({ path: file.path, text, language: form }, data, context, tree);
  }
  const read = async (made: string, placer?: (offset: number) => Place): Promise<YamlFile> => {
    const secret = made.includes(MARK) ? await context.secret?.() : undefined;
    return loadYaml(form === 'json' ? jsonAsYaml(made) : made, shown, placer, secret);
  };
  if (!isTemplate) return read(text);
  const template = compileTemplate(text, shown);
  const { functions, now } = context;
  const prepared = new Set<string>();
  const prepare = async (names: ReadonlySet<string>) => {
    await functions?.prepare(names);
    for (const name of names) prepared.add(name);
  };
  if (template.functions.size > 0) await prepare(template.functions);
  const result = await patiently(() =>
    template.render(data, {
      call: functions?.call,
      now,
      files: templateFiles(tree),
      path: file.path,
      onFunctions(names) {
        if (functions && [...names].some((name) => !prepared.has(name))) throw new NotYet(prepare(names));
      },
    }),
  );
  return read(result.text, (offset) => result.placeOf(offset));
}
