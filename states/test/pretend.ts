import * as v from 'valibot';
import type { Changes, Plan } from '../../lib/contracts/state.ts';

/* What the functions of `test` have in common. */

export const pretendArgs = v.strictObject({
  name: v.string(),
  comment: v.optional(v.string()),
});

export const pretended: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } };

/** What a watching state of `test` says when something has changed: Salt's words. */
export function watchFired(comment: string | undefined, woken: readonly string[]): Plan {
  return {
    changes: { 'Requisites with changes': [...woken] },
    comment: comment ?? 'Watch statement fired.',
    steps: [],
  };
}
