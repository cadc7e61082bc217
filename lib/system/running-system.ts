import type { JsonMap } from '../json.ts';
import { asText } from '../json.ts';

/** Why what only the running system has (its packet filter, its addresses) is not to be managed: undefined when it is. */
export function whyNotRunning({ root = '/' }: JsonMap, what: string): string | undefined {
  return root === '/' ? undefined : `${what} belong to the running system, not to the tree under ${asText(root)}`;
}
