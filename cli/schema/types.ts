import type { ModuleRegistry } from '../../lib/contracts/execution.ts';
import type { AnyStateFunction, StateRegistry } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { jsonSchemaOf } from '../../lib/schema/json-schema.ts';
import { keyText, typeText } from '../../lib/schema/type-text.ts';
import { targetTypes } from '../../lib/target/target.ts';
import { version } from '../../lib/version.ts';
import { commonSchemas } from '../../states/engine/common-arguments.ts';
import { requisiteKinds, reversedKinds, useKinds } from '../../states/engine/common.ts';
import { ownArguments, requisiteSummary, summaryOf } from './states.ts';

/** The types of state files in TypeScript: what `import type { ... } from 'tsalt/states'` gives, as a module. */
export async function statesTypes(registry: StateRegistry, execution: ModuleRegistry): Promise<string> {
  const functions = new Map<string, AnyStateFunction>();
  for (const name of registry.names) functions.set(name, await registry.load(name));
  const modules = [...new Set(registry.names.map((name) => name.split('.')[0] ?? ''))].sort();
  const short = (module: string): string =>
    union(
      [...functions.keys()]
        .filter((name) => name.startsWith(`${module}.`))
        .map((name) => name.slice(module.length + 1)),
    );
  return [
    `// The types of state files in TypeScript, of tsalt ${version}: \`tsalt schema types\` makes them.`,
    `/** Names of state modules. */\nexport type StateModule =${list(modules)};`,
    `/** Execution functions that templates and modules may call. */\nexport type SaltFunction =${list(await callable(execution))};`,
    given,
    context.replace('TARGET_TYPES', union(targetTypes)),
    interfaceOf('EveryState', 'What every state takes.', [
      ...Object.entries(commonSchemas).map(([name, { summary, schema }]) =>
        entry(name, summary, typeOf(jsonSchemaOf(schema))),
      ),
      ...[...requisiteKinds, ...reversedKinds, ...useKinds].map((kind) =>
        entry(kind, requisiteSummary(kind), 'Targets'),
      ),
    ]),
    ...[...functions].map(([name, state]) => argumentsOf(name, state)),
    interfaceOf(
      'StateFunctions',
      'State functions, each with its arguments.',
      [...functions].map(([name, state]) => entry(name, summaryOf(state).join(' '), typeName(name), false)),
    ),
    interfaceOf(
      'ShortForms',
      'Modules, with the function among the arguments.',
      modules.map((module) =>
        entry(module, '', `readonly (${short(module)} | { readonly [argument: string]: unknown })[]`),
      ),
    ),
    files,
  ].join('\n\n');
}

/** The same as what TypeScript finds without a package, in any file that a project includes. */
export function asAmbient(types: string): string {
  return `declare module 'tsalt/states' {\n${types.replace(/^(?=.)/gm, '  ')}}\n`;
}

/** Names of execution functions that wait for nothing. */
async function callable(execution: ModuleRegistry): Promise<string[]> {
  const all = execution.names.map(async (module) => {
    const { functions } = await execution.load(module);
    return Object.entries(functions).flatMap(([name, { sync }]) => (sync === true ? [`${module}.${name}`] : []));
  });
  return (await Promise.all(all)).flat().sort();
}

const quote = (name: string): string => `'${name}'`;
const union = (names: readonly string[]): string => names.map(quote).join(' | ');
const list = (names: readonly string[]): string => names.map((name) => `\n  | ${quote(name)}`).join('');

/** `file.managed` as `FileManaged`. */
function typeName(name: string): string {
  const words = name.replace(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase());
  // Execution functions have that name.
  return words === 'SaltFunction' ? 'SaltFunctionState' : words;
}

function entry(name: string, about: string, type: string, isOptional = true): string {
  const comment = about === '' ? '' : `  /** ${about.replaceAll('*/', '*\\/')} */\n`;
  return `${comment}  readonly ${keyText(name)}${isOptional ? '?' : ''}: ${type};`;
}

function interfaceOf(name: string, about: string, entries: readonly string[], more = ''): string {
  return `/** ${about} */\nexport interface ${name}${more} {\n${entries.join('\n')}\n}`;
}

function typeOf(schema: JsonMap): string {
  // Octal digits that YAML keeps as they are: in code 0o644 is the number 420, so they are text.
  const isOctal = typeof schema['errorMessage'] === 'string' && /such as 0\d/.test(schema['errorMessage']);
  const type = typeText(schema, 'Data');
  return isOctal
    ? type
        .split(' | ')
        .filter((one) => one !== 'number')
        .join(' | ')
    : type;
}

function argumentsOf(name: string, state: AnyStateFunction): string {
  const own = ownArguments(state);
  const taken = Object.keys(commonSchemas).filter((common) => own.some((argument) => argument.name === common));
  const every = taken.length === 0 ? 'EveryState' : `Omit<EveryState, ${union(taken)}>`;
  const entries = own.map(({ name: argument, schema, description, hasToBeGiven }) =>
    entry(argument, description, typeOf(jsonSchemaOf(schema)), !hasToBeGiven),
  );
  if (!own.some((argument) => argument.name === 'name'))
    entries.unshift(entry('name', 'The id, when it is left out.', 'string'));
  entries.push(entry('names', 'A state for each of these names; one may have arguments of its own.', 'Names'));
  if (state.keywords !== undefined) entries.push('  readonly [argument: string]: unknown;');
  return interfaceOf(typeName(name), `\`${name}\`: ${state.summary}`, entries, ` extends ${every}`);
}

const given = `/** What YAML and JSON can say. */
export type Data = string | number | boolean | null | readonly Data[] | DataMap;
export interface DataMap {
  readonly [name: string]: Data;
}

/** Other states: ids or names, each alone or by its module. */
export type Targets = readonly (string | { readonly [By in StateModule | 'sls' | 'id']?: string | number } | { readonly [name: \`\${StateModule}.\${string}\`]: string })[];
export type Names = readonly (string | { readonly [name: string]: readonly DataMap[] })[];`;

const context = `/** Looks up \`a:b:0\`. What is not there is an error that names it, unless something stands in for it; that is of the same kind. */
export interface Lookup {
  (path: string, otherwise: string): string;
  (path: string, otherwise: number): number;
  (path: string, otherwise: boolean): boolean;
  <Value extends Data>(path: string, otherwise: readonly Value[]): readonly Value[];
  <Value extends Data = Data>(path: string, otherwise?: Value): Value;
}

/** What the default export is called with: what templates see. */
export interface Context<Pillar = DataMap, Grains = DataMap> {
  readonly grains: Grains;
  readonly pillar: Pillar;
  readonly opts: DataMap;
  readonly id: string;
  readonly saltenv: string;
  /** The file's own name, such as \`web.nginx\`. */
  readonly sls: string;
  readonly slspath: string;
  readonly tplpath: string;
  readonly tplfile: string;
  readonly tpldir: string;
  readonly tpldot: string;
  readonly fromPillar: Lookup;
  readonly fromGrains: Lookup;
  /** The answer of an execution function, with its arguments by place and by name. */
  readonly salt: <Answer = Data>(fun: SaltFunction | (string & {}), args?: readonly Data[], named?: DataMap) => Answer;
  /** The text of a file of the tree: from its top, or beside this file (\`./motd.txt\`). */
  readonly file: (path: string) => Promise<string>;
}

/** A pillar file. */
export interface Pillar {
  readonly include?: readonly string[];
  readonly [key: string]: Data | undefined;
}

/** A top file: environments, each with targets, each with files. */
export interface Top {
  readonly [environment: string]: { readonly [target: string]: string | readonly (string | { readonly match: TARGET_TYPES })[] };
}`;

const files = `/** Arguments, as a map, or as a list of maps, as YAML has them. */
export type Arguments<Of> = Of | readonly Partial<Of>[];

/** What stands under an id. */
export type State = { readonly [Fun in keyof StateFunctions]?: Arguments<StateFunctions[Fun]> } & ShortForms;

/** A state file: ids, each with state functions. */
export interface States {
  /** State files that come with this one: names, or \`{environment: name}\`. */
  readonly include?: readonly (string | { readonly [environment: string]: string })[];
  /** What is added to states of other files. It has to be a constant: \`const extend: States['extend'] = { ... }\`. */
  readonly extend?: Extensions & State;
  /** State files and ids that are left out. */
  readonly exclude?: readonly (string | { readonly sls?: string; readonly id?: string })[];
  readonly [id: string]: State | keyof StateFunctions | States['include'] | States['exclude'];
}

export interface Extensions {
  readonly [id: string]: Extension;
}

/** The same in an \`extend\`, where nothing has to be given. */
export type Extension = {
  readonly [Fun in keyof StateFunctions]?: Partial<StateFunctions[Fun]> | readonly Partial<StateFunctions[Fun]>[];
} & { readonly [Module in StateModule]?: readonly { readonly [argument: string]: unknown }[] };

/** States, as they are: for their types. */
export function defineStates(states: States): States;
`;
