import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { defineState, impossible } from '../../lib/contracts/state.ts';
import { encode, encodingComplaint, encodingErrors } from '../../lib/encoding.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import * as arg from './args.ts';
import { formats, inFormat, type Format, type Options } from './formats.ts';
import { holdArgs, planHold, readPlace, type Place } from './hold.ts';

/** A map, or a list of maps as people write options. */
const options = v.optional(
  v.pipe(
    v.union([v.array(arg.map), arg.map]),
    v.transform((given): Options => Object.assign({}, ...[given].flat()) as Options),
  ),
);

const args = v.strictObject({
  ...holdArgs,
  mode: v.optional(arg.mode),
  dataset: v.optional(v.unknown()),
  dataset_pillar: v.optional(v.string()),
  serializer: v.optional(v.string()),
  formatter: v.optional(v.string()),
  serializer_opts: options,
  deserializer_opts: options,
  merge_if_exists: arg.flag(false),
  encoding: v.optional(v.string()),
  encoding_errors: v.optional(v.picklist(encodingErrors), 'strict'),
});

type Args = v.InferOutput<typeof args>;

type Facts = { readonly problem: string } | { readonly place: Place; readonly content: Buffer };

export default defineState<typeof args, Facts>({
  summary: 'A file holds data, written as JSON, YAML, TOML, ini sections or lines of keys and values.',
  example: `
/etc/app/config.json:
  file.serialize:
    - dataset:
        name: web
        ports: [80, 443]
    - serializer: json
    - merge_if_exists: True
`,
  args,
  reads: ['files', 'accounts'],

  check(given) {
    const { serializer, formatter, dataset, dataset_pillar } = given;
    if (serializer !== undefined && formatter !== undefined) return 'Only one of serializer and formatter are allowed';
    if (dataset !== undefined && dataset_pillar !== undefined) {
      return "Only one of 'dataset' and 'dataset_pillar' is permitted";
    }
    if (dataset === undefined && dataset_pillar === undefined)
      return "Neither 'dataset' nor 'dataset_pillar' was defined";
    const format = formatOf(given);
    if (!format) return `The ${nameOf(given)} serializer is not one of ${Object.keys(formats).join(', ')}`;
    const odd = Object.keys({ ...given.serializer_opts, ...given.deserializer_opts }).find(
      (name) => !format.options.includes(name),
    );
    if (odd !== undefined) {
      return `the ${nameOf(given)} serializer has no option ${odd}; it has ${format.options.join(', ') || 'none'}`;
    }
    return encodingComplaint(given.encoding);
  },

  async read(given, machine) {
    const place = await readPlace(given, machine, { wantsContent: true });
    if (typeof place === 'string') return { problem: place };
    const data = await readData(given, machine, place.old);
    if (typeof data === 'string') return { problem: data };
    if (data.isThere && place.old) return { place: withMode(place, given), content: place.old };
    const text = await inFormat(() => formatOf(given)?.write(data.value, given.serializer_opts ?? {}) ?? '');
    if (typeof text === 'string') return { problem: `Failed to serialize: ${text}` };
    const content = encode(`${text.value}\n`, given);
    if (typeof content === 'string') return { problem: content };
    return { place: withMode(place, given), content };
  },

  plan(given, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    const { name } = given;
    const plan = planHold(
      given,
      facts.place,
      { content: facts.content },
      {
        show: given.show_changes ?? given.dataset_pillar === undefined,
        comments: {
          planned: `Dataset will be serialized and stored into ${name}`,
          right: `The file ${name} is in the correct state`,
          done: `File ${name} updated`,
        },
      },
    );
    if (!given.deserializer_opts || given.merge_if_exists) return plan;
    const warning = "The 'deserializer_opts' option is ignored unless merge_if_exists is set to True.";
    return { ...plan, warnings: [warning] };
  },
});

function withMode(place: Place, { mode }: Args): Place {
  return { ...place, owner: { ...place.owner, mode } };
}

function nameOf({ serializer, formatter }: Args): string {
  return (serializer ?? formatter ?? 'yaml').toLowerCase();
}

function formatOf(given: Args): Format | undefined {
  const name = nameOf(given);
  return Object.hasOwn(formats, name) ? formats[name] : undefined;
}

interface Data {
  readonly value: Json;
  /** The file holds it, however it is laid out. */
  readonly isThere: boolean;
}

/** The data to write: with what the file holds already, if so wished. A sentence when it can't be had. */
async function readData(given: Args, { pillar }: Reading, old: Buffer | undefined): Promise<Data | string> {
  const { dataset_pillar: key } = given;
  // It comes out of YAML: it is plain data.
  const data = key === undefined ? (given.dataset as Json) : lookUp(pillar, key);
  if (data === undefined) return `Pillar ${String(key)} does not exist`;
  const format = formatOf(given);
  if (!given.merge_if_exists || !old || !format) return { value: data, isThere: false };
  const found = await inFormat(() => format.read(old.toString('utf8'), given.deserializer_opts ?? {}));
  if (typeof found === 'string') return `Failed to deserialize existing data: ${found}`;
  const value = found.value === null ? data : merged(found.value, data);
  return { value, isThere: isDeepStrictEqual(value, found.value) };
}

/** Maps are merged, everything else is replaced. */
function merged(old: Json, data: Json): Json {
  if (!isMap(old) || !isMap(data)) return data;
  const result: JsonMap = { ...(old as JsonMap) };
  for (const [name, value] of Object.entries(data as JsonMap)) {
    result[name] = Object.hasOwn(result, name) ? merged(result[name] ?? null, value) : value;
  }
  return result;
}
