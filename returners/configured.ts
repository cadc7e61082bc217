import * as v from 'valibot';
import type { Finding } from '../lib/config/option.ts';
import type { Returner, ReturnerRegistry } from '../lib/contracts/returner.ts';
import { didYouMean, together, type ErrorDetails } from '../lib/errors/error.ts';
import { returnerErrors } from '../lib/errors/returners.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { nodeOf } from '../lib/schema/node.ts';
import { words } from '../lib/schema/words.ts';
import { common } from './settings.ts';

/** One returner of `returners:`, its settings checked. */
export interface ConfiguredReturner {
  readonly name: string;
  /** One that comes with tsalt, a file, or the name of one of the state tree. */
  readonly kind: string;
  /** Undefined for one of the operator's own, which is loaded by the master alone. */
  readonly returner: Returner | undefined;
  /** Its own, as its schema makes them; for one of the operator's own as they are written. */
  readonly settings: unknown;
  readonly events: readonly string[];
  readonly batch: number;
  readonly timeoutMs: number;
}

/** Names that Salt has for them. */
const ofSalt: Readonly<Record<string, string>> = {
  carbon: 'graphite',
  pgjsonb: 'postgres',
  rawfile_json: 'json_lines',
  slack_webhook: 'webhook',
};

const returnsOfJobs = ['salt/job/*/ret/*'];
const commonSchema = v.object(common);

/** What a state tree has in `_returners`. */
export interface TreeReturners {
  readonly names: readonly string[];
  /** Others may come with what is not fetched yet. */
  readonly mayGrow: boolean;
}

/** Whether a kind is the path of a file with code. */
export const isFile = (kind: string): boolean => /\.[cm]?[jt]s$/.test(kind);

/** The returners that config names, and what is wrong with what it says of them; `path` is below `returners`. No finding tells a value. */
export async function readReturners(
  written: JsonMap,
  registry: ReturnerRegistry,
  ofTree: TreeReturners = { names: [], mayGrow: false },
): Promise<{ readonly returners: readonly ConfiguredReturner[]; readonly findings: readonly Finding[] }> {
  const returners: ConfiguredReturner[] = [];
  const findings: Finding[] = [];
  for (const [name, said] of Object.entries(written)) {
    const { returner, findings: found } = await readReturner(name, said, registry, ofTree);
    findings.push(...found);
    if (returner) returners.push(returner);
  }
  return { returners, findings };
}

async function readReturner(
  name: string,
  said: Json,
  registry: ReturnerRegistry,
  ofTree: TreeReturners,
): Promise<{ readonly returner?: ConfiguredReturner; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const complain = complaining(name, findings);
  if (!/^[\w.-]{1,64}$/.test(name)) complain([], true, "a name has up to 64 letters, digits, '.', '_' and '-'");
  if (said !== null && !isMap(said)) {
    complain([], false, 'its settings are a map');
    return { findings };
  }
  const settings: JsonMap = { ...(said as JsonMap | null) };
  const kind = typeof settings['kind'] === 'string' ? settings['kind'] : name;
  const isBuiltin = registry.names.includes(kind);
  const isOwn = isFile(kind) || ofTree.names.includes(kind);
  const near =
    (Object.hasOwn(ofSalt, kind) ? ofSalt[kind] : undefined) ?? nearest(kind, [...registry.names, ...ofTree.names]);
  const mayCome = ofTree.mayGrow && near === undefined && /^[A-Za-z]\w*$/.test(kind);
  if (!isBuiltin && !isOwn && !mayCome) {
    const all = `its 'kind' is ${[...registry.names, ...ofTree.names].join(', ')}, the name of a file of _returners in the state tree, or a file (.mjs, .js, .ts)`;
    const hint = didYouMean(near) ?? all;
    const isSaid = kind !== name;
    const error = (more?: ErrorDetails) => returnerErrors.unknownKind({ name, kind }, { hint, ...more });
    findings.push({ path: isSaid ? [name, 'kind'] : [name], ofKey: !isSaid, isHarmless: false, error });
    return { findings };
  }
  const returner = isBuiltin ? await registry.load(kind) : undefined;
  const own = Object.fromEntries(Object.entries(settings).filter(([key]) => !Object.hasOwn(common, key)));
  const general = checked(commonSchema, settings, complain);
  const made = returner ? particular(returner.settings, own, complain) : own;
  if (findings.length > 0 || general === undefined) return { findings };
  const { events = returner?.events ?? returnsOfJobs, batch, timeout } = general;
  return {
    returner: { name, kind, returner, settings: made, events, batch, timeoutMs: timeout * 1000 },
    findings,
  };
}

/**
 * What the schema of a returner of the operator's own makes of its settings. Raises `TS_RETURNER_BAD_SETTINGS`, which tells no
 * value.
 */
export function ownSettings(name: string, schema: v.GenericSchema, settings: JsonMap): unknown {
  const { output, findings } = readOwnSettings(name, schema, settings);
  const [first, ...others] = findings.map(({ error }) => error());
  if (first) throw together(first, others);
  return output;
}

/** The same, with all that is wrong with them as findings; `path` is below `returners`. */
export function readOwnSettings(
  name: string,
  schema: v.GenericSchema,
  settings: JsonMap,
): { readonly output: unknown; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  return { output: particular(schema, settings, complaining(name, findings)), findings };
}

/** What a returner's schema makes of its settings. */
function particular(schema: v.GenericSchema, own: JsonMap, complain: Complain): unknown {
  const { entries: known } = nodeOf(schema);
  // A schema tells only the first.
  for (const key of known ? Object.keys(own).filter((one) => !Object.hasOwn(known, one)) : [])
    complain([key], true, `it takes no '${key}'`, rightName(key, Object.keys(known ?? {})));
  return checked(schema, own, complain);
}

type Complain = (path: readonly string[], ofKey: boolean, complaint: string, hint?: string) => void;

/** Adds complaints about a returner's settings to findings. */
function complaining(name: string, findings: Finding[]): Complain {
  return (path, ofKey, complaint, hint) => {
    const error = (more?: ErrorDetails) => returnerErrors.badSettings({ name, complaint }, { hint, ...more });
    findings.push({ path: [name, ...path], ofKey, isHarmless: false, error });
  };
}

/** What a schema makes of settings; undefined when something is wrong with them. */
function checked<T>(schema: v.GenericSchema<unknown, T>, settings: JsonMap, complain: Complain): T | undefined {
  const parsed = v.safeParse(schema, settings);
  if (parsed.success) return parsed.output;
  const { entries = {} } = nodeOf(schema);
  for (const { path, message } of parsed.issues) {
    const [first] = path ?? [];
    const key = first === undefined ? undefined : String(first.key);
    const entry = key !== undefined && Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (key === undefined) complain([], true, `it needs ${message}`);
    else if (entry && !Object.hasOwn(settings, key)) complain([], true, `it needs '${key}'`);
    else if (entry) complain([key], false, `'${key}' should be ${words(entry, (text) => text)}`);
  }
  return undefined;
}

/** The setting that was meant. Secrets stand in files of their own, and not in config. */
function rightName(key: string, names: readonly string[]): string | undefined {
  const secret = names.find((name) => /^(?:token|password)_file$/.test(name));
  if (secret !== undefined && /pass|token|secret|key/i.test(key)) return `what is secret is in a file: '${secret}'`;
  return didYouMean(nearest(key, [...names, ...Object.keys(common)]));
}
