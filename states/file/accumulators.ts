import type { Required } from '../../lib/contracts/machine.ts';
import type { Json, JsonMap } from '../../lib/json.ts';

/**
 * The texts that `file.accumulated` states gathered for a file, by the accumulators' names: of those that the file's own
 * state requires, in the order they ran in, each text once.
 */
export function accumulatorsFor(filename: string, required: readonly Required[] = []): Record<string, Json[]> {
  const gathered: Record<string, Json[]> = {};
  for (const { fun, name, args, ran } of required) {
    if (fun !== 'file.accumulated' || args['filename'] !== filename || !ran) continue;
    // The schema of `file.accumulated` made it a list.
    const texts = args['text'] as readonly (string | JsonMap)[];
    const known = (gathered[name] ??= []);
    for (const text of texts) if (!known.some((one) => same(one, text))) known.push(text);
  }
  return gathered;
}

function same(one: Json, other: Json): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
