import * as v from 'valibot';
import type { ExecContext, ExecFunction, ModuleRegistry } from '../contracts/execution.ts';
import { describe, expectedOf } from '../describe.ts';
import { didYouMean } from '../errors/error.ts';
import { executionErrors } from '../errors/execution.ts';
import type { Json, JsonMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { insteadOf } from './absent.ts';

// On a line that is to be read; each of hundreds of minions says it.
const MOST_LISTED = 10;

/** The execution function of a name. Raises `TS_EXEC_NO_SUCH_FUNCTION`, with the nearest name. */
export async function findFunction(fun: string, registry: ModuleRegistry): Promise<ExecFunction> {
  const dot = fun.indexOf('.');
  const module = fun.slice(0, dot);
  if (!registry.names.includes(module)) {
    const near = nearest(dot < 0 ? fun : module, registry.names);
    const hint =
      insteadOf(fun) ??
      (dot < 0 ? 'a function is named module.function' : didYouMean(near && fun.replace(module, near)));
    throw executionErrors.noSuchFunction({ fun }, { hint });
  }
  const { functions } = await registry.load(module);
  const name = fun.slice(dot + 1);
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found) return found;
  const all = Object.keys(functions);
  const near = nearest(name, all);
  const list =
    all.length > MOST_LISTED
      ? `sys.list_functions ${module} lists what there is`
      : `there are ${all.map((known) => `${module}.${known}`).join(', ')}`;
  const hint = insteadOf(fun) ?? didYouMean(near && `${module}.${near}`) ?? list;
  throw executionErrors.noSuchFunction({ fun }, { hint });
}

/**
 * The arguments that a function's schema makes of positional and named ones. A number or boolean where text is wanted
 * becomes text again. Raises `TS_EXEC_...` for what does not fit.
 */
export function bindArguments(
  fun: string,
  { args: schema, rest, keywords }: ExecFunction,
  args: readonly Json[],
  kwargs: JsonMap,
): Record<string, unknown> {
  const names = Object.keys(schema.entries).filter((name) => name !== keywords);
  const values: Record<string, unknown> = {};
  const extra: JsonMap = {};
  for (const [index, value] of args.entries()) {
    const name = names[index];
    if (rest !== undefined && index >= names.indexOf(rest)) {
      values[rest] = args.slice(index);
      break;
    }
    if (name === undefined) throw executionErrors.tooMany({ fun, most: names.length, given: args.length });
    values[name] = value;
  }
  for (const [name, value] of Object.entries(kwargs)) {
    if (Object.hasOwn(values, name)) throw executionErrors.twice({ fun, name });
    if (names.includes(name)) values[name] = value;
    else if (keywords !== undefined) extra[name] = value;
    else
      throw executionErrors.unknownArgument({ fun, name }, { hint: didYouMean(nearest(name, names)) ?? known(names) });
  }
  if (keywords !== undefined) values[keywords] = extra;
  const parsed = v.safeParse(schema, values);
  if (parsed.success) return parsed.output;
  const again = v.safeParse(schema, { ...values, ...asText(values, parsed.issues) });
  if (again.success) return again.output;
  const [issue] = parsed.issues;
  const name = keyOf(issue);
  if (name !== '' && !(name in values)) throw executionErrors.missing({ fun, name });
  throw executionErrors.badArgument({
    fun,
    problem: `'${name}' has to be ${expectedOf(issue)}, not ${given(issue)}`,
  });
}

/** What was given instead; where its kind is right ('a list of ids', and it is a list), itself. */
function given(issue: v.BaseIssue<unknown>): string {
  const kind = describe(issue.input);
  return expectedOf(issue).includes(kind) ? (JSON.stringify(issue.input) ?? kind).slice(0, 60) : kind;
}

/** The argument that an issue is about; empty for none. */
function keyOf(issue: Pick<v.BaseIssue<unknown>, 'path'> | undefined): string {
  const key = issue?.path?.[0]?.key;
  return typeof key === 'string' ? key : '';
}

function known(names: readonly string[]): string {
  return names.length === 0 ? 'it takes none' : `it takes ${names.join(', ')}`;
}

function asText(values: Record<string, unknown>, issues: readonly v.BaseIssue<unknown>[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { path } of issues) {
    const name = keyOf({ path });
    const value = values[name];
    if (path?.length === 1 && (typeof value === 'number' || typeof value === 'boolean')) texts[name] = String(value);
  }
  return texts;
}

/** Calls an execution function by name. What it throws comes through. */
export async function callFunction(
  fun: string,
  args: readonly Json[],
  kwargs: JsonMap,
  context: ExecContext,
  registry: ModuleRegistry,
): Promise<Json> {
  const found = await findFunction(fun, registry);
  const answer = await found.run(bindArguments(fun, found, args, kwargs) as never, context);
  return (answer ?? null) as Json;
}
