import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import { busErrors } from '../../lib/errors/bus.ts';
import { isJsonMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lookUp } from '../../lib/look-up.ts';
import { isTag } from '../../lib/ids.ts';
import { refusalOfTag } from '../../lib/tags.ts';

const tag = v.custom<string>(isTag, 'an event tag: 1 to 255 printable characters without blanks');
const data = v.optional(v.custom<JsonMap>(isJsonMap, 'a map'), {});
/** All of them, or those at these keys. */
const some = v.optional(v.union([v.boolean(), v.string(), v.array(v.string())]), false);

function selected(wanted: boolean | string | readonly string[], from: () => JsonMap): JsonMap | undefined {
  if (wanted === false) return undefined;
  const all = from();
  if (wanted === true) return all;
  return Object.fromEntries([wanted].flat().map((key): [string, Json] => [key, lookUp(all, key) ?? '']));
}

async function send(
  given: {
    readonly tag: string;
    readonly data: JsonMap;
    readonly with_grains: boolean | string | readonly string[];
    readonly with_pillar: boolean | string | readonly string[];
    readonly kwargs: Readonly<Record<string, unknown>>;
  },
  context: ExecContext,
): Promise<boolean> {
  // The master would refuse it, and only its log would say so.
  const reason = refusalOfTag(given.tag, context.id);
  if (reason !== undefined) throw busErrors.notYours({ tag: given.tag, reason });
  const grains = selected(given.with_grains, () => context.grains);
  const pillar = selected(given.with_pillar, () => context.pillar);
  // Keyword arguments came as JSON.
  const body: JsonMap = { ...given.data, ...(given.kwargs as JsonMap) };
  if (grains) body['grains'] = grains;
  if (pillar) body['pillar'] = pillar;
  const sent = await context.sendEvent(given.tag, body);
  if (!sent) context.failed(1);
  return sent;
}

/** Events of the minion. */
export default defineModule({
  send: defineFunction({
    summary: 'Sends an event to the master; keyword arguments are added to its data. False without a master.',
    args: v.strictObject({
      tag,
      data,
      with_grains: some,
      with_pillar: some,
      kwargs: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
    keywords: 'kwargs',
    run: send,
  }),
  fire_master: defineFunction({
    summary: 'Sends an event to the master. False without a master.',
    args: v.strictObject({ data: v.custom<JsonMap>(isJsonMap, 'a map'), tag }),
    run: (given, context) => send({ ...given, with_grains: false, with_pillar: false, kwargs: {} }, context),
  }),
});
