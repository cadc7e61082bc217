import { randomBytes } from 'node:crypto';
import type { Json, JsonMap } from '../../../lib/json.ts';
import { loadYaml } from '../../../lib/yaml/load.ts';
import { compileTemplate } from '../../../states/engine/template/template.ts';
import { readReactions, type Reaction } from './reactions.ts';
import { NONCE_DIGITS, standIns } from './stand-ins.ts';

/**
 * The reactions that a YAML reactor file has for an event. Its template knows `tag` and `data`; whatever it prints is a value
 * in the YAML, never a piece of it. Raises `TS_TEMPLATE_...`, `TS_YAML_...`, `TS_REACTOR_BAD_REACTION`, with place.
 */
export function renderReactions(source: string, file: string, tag: string, data: JsonMap): Reaction[] {
  const values = standIns(randomBytes(NONCE_DIGITS / 2).toString('hex'));
  const print = (value: unknown) => values.word(value as Json);
  const rendered = compileTemplate(source, file).render({ tag, data }, { print });
  values.look(rendered.text);
  const yaml = loadYaml(rendered.text, file, (offset) => rendered.placeOf(offset));
  if (yaml.errors[0]) throw yaml.errors[0];
  return readReactions(yaml, values);
}
