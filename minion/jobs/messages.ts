import type { StatePlace, StateResult } from '../../lib/contracts/state.ts';
import type { Json, JsonMap } from '../../lib/json.ts';

/*
 * The talk between a minion and the process it starts for one job. It goes over Node's own channel between parent and
 * child; both ends are ours.
 */

/** What one job is to do. */
export interface JobOrder {
  readonly jid: string;
  readonly fun: string;
  readonly arg: readonly Json[];
  readonly kwarg: JsonMap;
  readonly user: string;
}

export type ToWorker =
  | {
      readonly type: 'order';
      readonly order: JobOrder;
      readonly configDir: string;
      readonly flags: JsonMap;
      readonly grains: JsonMap;
    }
  /** The answer to a question of the worker's; `answered`: the code of the error that the master answered with. */
  | { readonly type: 'answer'; readonly id: number; readonly body: JsonMap }
  | {
      readonly type: 'refusal';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly answered: string | undefined;
    }
  /** End what is running, with its children. */
  | { readonly type: 'terminate'; readonly reason: string };

export type FromWorker =
  /** Something only the master knows: files, pillar. */
  | { readonly type: 'question'; readonly id: number; readonly question: string; readonly body: JsonMap }
  | { readonly type: 'event'; readonly id: number; readonly tag: string; readonly data: JsonMap }
  /** Where its state run is. */
  | { readonly type: 'progress'; readonly place: StatePlace }
  /** The result of one state of `total`, for an event of the master's. */
  | { readonly type: 'result'; readonly result: StateResult; readonly total: number }
  | { readonly type: 'done'; readonly outcome: JobReturn };

/** How a job ended, as its return event has it. */
export interface JobReturn {
  readonly return: Json;
  readonly success: boolean;
  readonly retcode: number;
  /** How a person is shown it: `highstate` for state runs, else `nested`. */
  readonly out: string;
}
