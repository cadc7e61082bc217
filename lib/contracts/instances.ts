/** Where an instance we launched is in its life. */
export type InstanceState = 'launched' | 'starting' | 'configuring' | 'ready' | 'failed' | 'gone';

/** One machine we launched, as the instance registry knows it. */
export interface Instance {
  readonly id: string;
  readonly state: InstanceState;
  /** Why it is in that state, for a person. */
  readonly reason: string;
  /** The provider that launched it. */
  readonly provider: string;
  /** What the provider calls it. */
  readonly handle?: string;
  readonly address?: string;
  readonly roles: readonly string[];
  /** ISO time (UTC) of the last change of state. */
  readonly since: string;
}

/**
 * Who may be asked whether an id is a machine we launched. `unreachable` is thrown as an error by `find`: the question is
 * then asked again, and nothing is decided.
 */
export interface Registry {
  /** The instance of that id; undefined when the registry answered and knows none. */
  find(id: string, signal: AbortSignal): Promise<Instance | undefined>;
}
