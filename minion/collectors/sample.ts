import type { CollectorContext, Sample } from '../../lib/contracts/collector.ts';
import type { JsonMap } from '../../lib/json.ts';

/** A sample of what was read now. */
export function sample(tag: string, context: CollectorContext, figures: JsonMap): Sample {
  // Last: a network interface may be called anything.
  return { ...figures, tag, timestamp: Math.floor(context.now() / 1000) };
}

/** Names for the columns of a line, in order; columns that are missing or no numbers are left out. */
export function columns(names: readonly string[], fields: readonly (string | undefined)[]): Record<string, number> {
  const named = names.map((name, at): [string, number] => [name, figure(fields[at])]);
  return Object.fromEntries(named.filter(([, value]) => Number.isFinite(value)));
}

/** The number a kernel counter shows; NaN for anything else. Past 2^53 it is the nearest one that a double has. */
export function figure(text: string | undefined): number {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
