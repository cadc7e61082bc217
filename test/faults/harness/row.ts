import type { SmallDisk } from '../../kit/small-disk.ts';
import type { CheckerName } from './checkers.ts';
import type { World, WorldOptions } from './world.ts';

/** One row of the fault matrix: what is done, and what of the promises does not hold then. */
export interface Row {
  readonly name: string;
  /** For a person. */
  readonly what: string;
  /** Why it can't be run on this machine; undefined when it can. */
  readonly missing?: () => string | undefined;
  /** 2 unless given. */
  readonly minions?: number;
  readonly options?: WorldOptions;
  /** A disk that is there before the cluster is; it is given space again in the end. */
  readonly prepare?: (atEnd: (end: () => unknown) => void) => {
    readonly world: WorldOptions;
    readonly disk: SmallDisk;
  };
  /** Between two operations, on average, in ms. */
  readonly pauseMs?: number;
  /** Resolves when what is to happen has happened; what is still broken then is mended. */
  readonly faults: (world: World, disk?: SmallDisk) => Promise<void>;
  /** Checkers that are not asked. */
  readonly forgives?: (world: World) => readonly CheckerName[];
  /** What else has to be so in the end; gives what is wrong. */
  readonly also?: (world: World) => Promise<string[]>;
}
