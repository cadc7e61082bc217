import type { Reading, Step } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';

/** What has to be done for a repository to be as it is wished. */
export interface Wish {
  /** Why it can't be brought about. */
  readonly problem?: string;
  readonly changes: JsonMap;
  readonly steps: readonly Step[];
  /** False where the lists can't be updated. */
  readonly refresh?: boolean;
}

export const nothingToDo: Wish = { changes: {}, steps: [] };

export const problem = (text: string): Wish => ({ ...nothingToDo, problem: text });

/** Reads the lists of all sources anew: the next states find what a new one has. */
export const refreshLists: Step = { do: 'packages', install: [], remove: [], refresh: true };

export const isRefreshable = ({ packages }: Reading): boolean => packages.unchangeable === undefined;
