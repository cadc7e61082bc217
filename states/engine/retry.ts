import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/clock.ts';
import type { Retry } from './common-arguments.ts';

interface Tried {
  readonly shown: { readonly result: boolean | null; readonly comment: string };
}

/** Runs a state again, with a pause before each time, until its result is as wanted or it was tried often enough. */
export async function retried<T extends Tried>(
  { attempts, until, interval, splay }: Retry,
  first: T,
  again: () => T | Promise<T>,
  clock: Clock,
  random: () => number,
): Promise<T> {
  let last = first;
  const said: string[] = [];
  for (let tries = 1; last.shown.result !== until && tries < attempts; tries++) {
    const { result, comment } = last.shown;
    said.push(`Attempt ${tries}: Returned a result of "${pythonic(result)}", with the following comment: "${comment}"`);
    await sleep(clock, (interval + Math.floor(random() * (splay + 1))) * 1000);
    last = await again();
  }
  return said.length === 0
    ? last
    : { ...last, shown: { ...last.shown, comment: [...said, last.shown.comment].join('\n') } };
}

/** What test mode says of it. */
export function retryNote({ attempts, until, interval, splay }: Retry): string {
  return (
    `The state would be retried every ${interval} seconds (with a splay of up to ${splay} seconds) a maximum of ` +
    `${attempts} times or until a result of ${pythonic(until)} is returned`
  );
}

function pythonic(result: boolean | null): string {
  return result === null ? 'None' : result ? 'True' : 'False';
}
