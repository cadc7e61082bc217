import type { KindName } from './names.ts';
import {
  beaconShape,
  functionsShape,
  grainsShape,
  returnerShape,
  runnersShape,
  statesShape,
  type Shape,
} from './shapes.ts';

/** What the files of a kind have to give; nothing where they are for others to import. */
export const shapes: Readonly<Record<KindName, Shape | undefined>> = {
  beacons: beaconShape,
  modules: functionsShape,
  states: statesShape,
  grains: grainsShape,
  runners: runnersShape,
  returners: returnerShape,
  utils: undefined,
};

/** Modules that can't be replaced: without them nothing would get here any more. */
export const keptModules: readonly string[] = ['saltutil'];
