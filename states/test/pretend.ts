import * as v from 'valibot';
import type { Changes } from '../../lib/contracts/state.ts';

/* What the functions of `test` have in common. */

export const pretendArgs = v.strictObject({
  name: v.string(),
  comment: v.optional(v.string()),
});

export const pretended: Changes = { testing: { old: 'Unchanged', new: 'Something pretended to change' } };
