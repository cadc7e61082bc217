import type { StateResult } from '../../lib/contracts/state.ts';
import type { Colours, Paint } from './colour.ts';

/** How a state ended, in a word and its colour. */
export function outcomeOf(
  { result, changes }: Pick<StateResult, 'result' | 'changes'>,
  colours: Colours,
): readonly [string, Paint] {
  if (result === null) return ['would change', colours.maybe];
  if (!result) return ['failed', colours.bad];
  return Object.keys(changes).length > 0 ? ['changed', colours.changed] : ['right', colours.good];
}
