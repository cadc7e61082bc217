import type { LocalClient } from '../wire/local/client.ts';
import type { JsonMap } from '../lib/json.ts';
import type { Io } from './io.ts';
import { nested } from './output/nested.ts';
import { format, type Form } from './output/output.ts';
import { table } from './output/table.ts';
import { safeJson } from './output/text.ts';
import { toYaml } from './output/yaml.ts';

/** Whom a target means, as the control interface tells it. */
export interface Targets {
  readonly minions: readonly string[];
  /** Of `minions`, those that are not connected. */
  readonly away: readonly string[];
  /** Too little is known of them to tell. */
  readonly unknown: readonly string[];
  /** Names that nobody has. */
  readonly missing: readonly string[];
}

export async function targetsOf(control: LocalClient, params: JsonMap): Promise<Targets> {
  return (await control.call('targets', params)) as unknown as Targets;
}

/** Prints whom a target means; exit code 2 when that is nobody. */
export function preview({ minions, unknown, missing }: Targets, form: Form | undefined, io: Io): number {
  const lists = { minions, unknown, missing };
  if (form === 'json') io.out(`${safeJson(lists)}\n`);
  else if (form === 'yaml') io.out(toYaml(lists));
  else if (form !== 'quiet') {
    // A person need not read that nobody is unknown.
    const told = Object.fromEntries(
      Object.entries(lists).filter(([name, ids]) => name === 'minions' || ids.length > 0),
    );
    if (form === 'txt' || form === 'newline_values_only') io.out(format(told, form, io));
    else io.out(form === 'table' ? table(told) : nested(told, 0));
  }
  return minions.length > 0 ? 0 : 2;
}
