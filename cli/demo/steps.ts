import { isMap, type JsonMap } from '../../lib/json.ts';

/** An event as the control interface gives it. */
export interface SeenEvent {
  readonly seq: number;
  readonly tag: string;
  readonly data: JsonMap;
}

export type StepName = 'launched' | 'pending' | 'accepted' | 'started' | 'highstate' | 'hosts' | 'stats';

export interface Step {
  readonly name: StepName;
  readonly title: string;
  /** Whose turn an event is the sign of: the id of the member that took this step, or undefined. */
  readonly memberOf: (event: SeenEvent) => string | undefined;
}

const text = (data: JsonMap, key: string): string => (typeof data[key] === 'string' ? data[key] : '');

/** The id in a tag such as `salt/minion/<id>/start`. */
function idIn(tag: string, pattern: RegExp): string | undefined {
  return pattern.exec(tag)?.[1];
}

/** Every state of a highstate's return came out well, and there was at least one. */
function allWell(states: unknown): boolean {
  return (
    isMap(states) &&
    Object.keys(states).length > 0 &&
    Object.values(states).every((state) => isMap(state) && state.result === true)
  );
}

/** The seven steps of the main job, each with the event that shows it. `hosts` is ticked by reading files back instead. */
export const steps: readonly Step[] = [
  {
    name: 'launched',
    title: 'launched, and known to the instance registry',
    // A minion can be faster than its provider's answer: then `starting` is left out.
    memberOf: ({ tag }) => idIn(tag, /^tsalt\/instance\/([^/]+)\/(?:starting|configuring|ready)$/),
  },
  {
    name: 'pending',
    title: 'its minion asks to be let in: the key is pending',
    memberOf: ({ tag, data }) => (tag === 'salt/auth' && data.act === 'pend' ? text(data, 'id') : undefined),
  },
  {
    name: 'accepted',
    title: 'the auth reactor finds it in the registry and accepts its key',
    memberOf: ({ tag, data }) => (tag === 'salt/key' && data.act === 'accept' ? text(data, 'id') : undefined),
  },
  {
    name: 'started',
    title: 'its minion has started',
    memberOf: ({ tag }) => idIn(tag, /^salt\/minion\/([^/]+)\/start$/),
  },
  {
    name: 'highstate',
    title: 'the start reactor had its states applied',
    memberOf: ({ tag, data }) =>
      data.fun === 'state.highstate' && allWell(data.return)
        ? idIn(tag, /^salt\/job\/\d{20}\/ret\/([^/]+)$/)
        : undefined,
  },
  {
    name: 'hosts',
    title: "all members' hosts entries are on it",
    memberOf: () => undefined,
  },
  {
    name: 'stats',
    title: 'its stats arrive',
    memberOf: ({ tag, data }) => (tag === 'collector/result' ? text(data, 'id') : undefined),
  },
];

/** Who has taken which step. */
export class Progress {
  private readonly members = new Set<string>();
  private readonly taken = new Map<StepName, Set<string>>(steps.map(({ name }) => [name, new Set<string>()]));

  add(member: string): void {
    this.members.add(member);
  }

  get all(): readonly string[] {
    return [...this.members];
  }

  /** Ticks a step for a member; true when it is new. */
  tick(name: StepName, member: string): boolean {
    const done = this.taken.get(name);
    if (!done || !this.members.has(member) || done.has(member)) return false;
    done.add(member);
    return true;
  }

  has(name: StepName, member: string): boolean {
    return this.taken.get(name)?.has(member) ?? false;
  }

  /** Members that have not taken a step yet. */
  missing(name: StepName): string[] {
    return [...this.members].filter((member) => !this.has(name, member));
  }

  get complete(): boolean {
    return this.members.size > 0 && steps.every(({ name }) => this.missing(name).length === 0);
  }
}
