import * as v from 'valibot';
import type { Changes, Plan } from '../../lib/contracts/state.ts';

/* What the functions of `test` have in common. */

export const pretendArgs = v.strictObject({
  name: v.string(),
  comment: v.optional(v.string()),
});

export const pretended: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } };

/** What any of them does when something it watches has changed. */
export function fired(
  { comment }: { readonly comment?: string | undefined },
  _: unknown,
  woken: readonly string[],
): Plan {
  return {
    changes: { 'Requisites with changes': [...woken] },
    comment: comment ?? 'Watch statement fired.',
    steps: [],
  };
}
