import type { JsonMap } from '../../lib/json.ts';
import { targetTypes } from '../../lib/target/target.ts';
import { described, documentOf } from './document.ts';

/** Top files: environments, each with targets, each with files. */
export function topSchema(title: string, kind: 'state' | 'pillar'): JsonMap {
  const entry: JsonMap = {
    type: ['string', 'object'],
    minProperties: 1,
    properties: {
      match: described({ enum: [...targetTypes] }, 'How the target is meant; compound when nothing says so.'),
      ignore_missing: { description: "Salt's; it has no effect here." },
    },
    additionalProperties: false,
  };
  const targets = described(
    { type: 'object', additionalProperties: { type: ['array', 'string'], items: entry } },
    `Targets, each with the ${kind} files of the minions that it matches.`,
  );
  return documentOf(title, {
    type: ['object', 'null'],
    description: `Which ${kind} files are whose, by environment.`,
    properties: { base: targets },
    additionalProperties: targets,
  });
}
