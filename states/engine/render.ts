import type { JsonMap } from '../../lib/json.ts';
import type { Place } from '../../lib/place.ts';
import { loadYaml, type YamlFile } from '../../lib/yaml/load.ts';
import { textOf } from '../../lib/text.ts';
import { jsonAsYaml, rendererOf } from './renderer.ts';
import { compileTemplate, type CallFunction } from './template/template.ts';

/** What templates see and may call. */
export interface RenderContext {
  readonly id: string;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  readonly saltenv: string;
  /** The execution functions that templates may call. */
  readonly functions?: TemplateFunctions | undefined;
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
const rendered = new WeakMap<RenderContext, Map<string, string>>();
const mostRendered = 10_000;

/**
 * The text of a template of a state, over what every template sees and `names` besides; `name` is shown in errors. Raises
 * `TS_TEMPLATE_...`, and what its functions raise.
 */
export function renderText(template: string, name: string, names: JsonMap, context: RenderContext): string {
  const compiled = compileTemplate(template, name);
  const data = () => ({ ...templateData(context, {}), ...names });
  if (compiled.functions.size > 0) return compiled.render(data(), context.functions?.call).text;
  const known = rendered.get(context) ?? new Map<string, string>();
  rendered.set(context, known);
  const key = `${name}\0${JSON.stringify(names)}\0${template}`;
  let text = known.get(key);
  if (text === undefined) {
    ({ text } = compiled.render(data()));
    if (known.size < mostRendered) known.set(key, text);
  }
  return text;
}

/** Renders a file of a tree as its first line says, then reads its YAML or JSON. Raises `TS_TEMPLATE_...`; mistakes in the YAML are in `errors`. */
export async function renderYaml(
  bytes: Buffer,
  file: { readonly path: string; readonly shown: string; readonly sls: string },
  context: RenderContext,
): Promise<YamlFile> {
  const text = textOf(bytes, file.shown);
  const { isTemplate, data } = rendererOf(text, file.shown);
  const read = (made: string, placer?: (offset: number) => Place): YamlFile =>
    loadYaml(data === 'json' ? jsonAsYaml(made) : made, file.shown, placer);
  if (!isTemplate) return read(text);
  const template = compileTemplate(text, file.shown);
  const { functions } = context;
  if (functions && template.functions.size > 0) await functions.prepare(template.functions);
  const made = template.render(templateData(context, locationNames(file.path, file.sls)), functions?.call);
  return read(made.text, (offset) => made.placeOf(offset));
}
