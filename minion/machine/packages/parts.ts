import type { Clock } from '../../../lib/clock.ts';
import type { PackageStep, PackageView, Processes, StepResult } from '../../../lib/contracts/machine.ts';
import type { ChangeableFiles } from './asleep.ts';

export interface PackageOptions {
  /** The tree that is managed. */
  readonly files: ChangeableFiles;
  /** It is not the one this machine runs: no service is to be started in it. */
  readonly asleep?: boolean;
  /** Run their commands in that tree. */
  readonly processes: Processes;
  readonly uid: number;
  readonly clock?: Clock;
}

export interface Packages extends PackageView {
  perform(step: PackageStep): Promise<StepResult>;
  /** Somebody else may have changed them: the database is read again. */
  forget(): void;
}
