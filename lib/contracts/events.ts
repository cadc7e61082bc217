import type { JsonMap } from '../json.ts';
import type { Tag } from '../ids.ts';

/** An event on the master's bus. */
export interface BusEvent {
  /** Its one number in the whole store; counts up, survives restarts. */
  readonly seq: number;
  readonly tag: Tag;
  /** Salt's data of that tag, `_stamp` (UTC ISO time) among it. */
  readonly data: JsonMap;
  /** The event whose reaction fired this one. */
  readonly cause?: number;
  /** How many reactions led here; 0 for what no reaction caused. */
  readonly depth: number;
}

/** An event on its way in, before it has a number. */
export interface NewEvent {
  readonly tag: string;
  readonly data: JsonMap;
  readonly cause?: number;
  readonly depth?: number;
}
