import { startChild, type Child, type ChildOptions } from './start.ts';

/** A process that is started again, when it has died, by the next one that needs it. */
export interface KeptChild {
  /** Raises what `prepare` raises. */
  readonly living: () => Promise<Child>;
  /** The one that is there now, if there is one. */
  readonly current: () => Promise<Child | undefined>;
}

/** `prepare` makes a new process ready; one that can't be is ended. */
export function keptChild(options: ChildOptions, prepare: (child: Child) => Promise<void>): KeptChild {
  let child: Promise<Child> | undefined;

  async function start(): Promise<Child> {
    const fresh = startChild(options);
    try {
      await prepare(fresh);
      return fresh;
    } catch (error) {
      fresh.kill();
      throw error;
    }
  }

  async function current(): Promise<Child | undefined> {
    const known = await child?.catch(() => undefined);
    return known?.alive() === true ? known : undefined;
  }

  return {
    async living() {
      const before = child;
      const known = await current();
      if (known) return known;
      // Another one may have begun meanwhile.
      if (child === undefined || child === before) child = start();
      return child;
    },
    current,
  };
}
