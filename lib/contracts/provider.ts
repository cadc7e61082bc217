/** A machine to be launched. */
export interface LaunchSpec {
  readonly id: string;
  /** All that the machine is given, in the form that its provider asks for. */
  readonly userData: string;
}

export interface LaunchedMachine {
  readonly id: string;
  /** What the provider calls it: a process number, a container, a server's uuid. */
  readonly handle: string;
  readonly address?: string;
  readonly state: 'pending' | 'running' | 'stopped';
}

/** A provider of machines. All three are idempotent by id. */
export interface Provider {
  readonly name: string;
  /** What its machines are given: a script for cloud-init, or a minion's config (where the minion is installed already). */
  readonly userDataForm: 'cloud-init' | 'minion-config';
  launch(spec: LaunchSpec, signal: AbortSignal): Promise<LaunchedMachine>;
  list(): Promise<readonly LaunchedMachine[]>;
  /** Nothing of it is left afterwards; terminating what is not there is fine. */
  terminate(id: string): Promise<void>;
}
