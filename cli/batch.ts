import { cliErrors } from '../lib/errors/cli.ts';
import type { Json, JsonMap } from '../lib/json.ts';
import type { LocalClient } from '../wire/local/client.ts';

/** How many of `all` minions are to run at once: a number, or a share such as `25%`; at least one. */
export type BatchSize = (all: number) => number;

/** Raises `TS_CLI_BAD_OPTION_VALUE`. */
export function batchSize(value: string): BatchSize {
  const [, digits, percent] = /^(\d{1,6})(%?)$/.exec(value) ?? [];
  const number = Number(digits);
  if (!(number > 0))
    throw cliErrors.badOptionValue({
      option: '--batch-size',
      value,
      expected: 'a number of minions, or of percent of them such as 25%',
    });
  return (all) => (percent === '%' ? Math.max(1, Math.floor((all * number) / 100)) : number);
}

/** Runs what `params` ask for on some of their targets after the others: a job for each batch, begun when the last one is over. */
export async function execInBatches(
  control: LocalClient,
  params: JsonMap,
  size: BatchSize,
  hear: (event: Json) => void,
  stopped: AbortSignal,
): Promise<void> {
  const { minions, missing } = (await control.call('targets', params)) as { minions: string[]; missing: string[] };
  const atOnce = size(minions.length);
  for (let from = 0; from < minions.length && !stopped.aborted; from += atOnce) {
    // Names that nobody has are told with the first batch.
    const ids = [...minions.slice(from, from + atOnce), ...(from === 0 ? missing : [])];
    await control.call('exec', { ...params, tgt: ids.join(','), tgt_type: 'list' }, hear);
  }
}
