export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

export type LogFacts = Record<string, string | number | boolean | undefined>;

/** Where a part says what it does. Facts are printed as `key=value`; secrets have no business in them. */
export type Log = (level: LogLevel, message: string, facts?: LogFacts) => void;

/** The parts of the daemons, by which levels may differ. */
export const components = [
  'access',
  'beacons',
  'bundles',
  'config',
  'events',
  'files',
  'jobs',
  'keys',
  'metrics',
  'orchestration',
  'outbox',
  'pillar',
  'reactors',
  'schedule',
  'states',
  'store',
  'upgrade',
  'wire',
] as const;

export type Component = (typeof components)[number];

/** Characters of a value on a line: what a minion sent may be in it, however long that is. */
const LONGEST_VALUE = 4_000;

const order: readonly (LogLevel | 'quiet')[] = ['debug', 'info', 'warning', 'error', 'quiet'];

export interface LogOptions {
  /** What is below is left out. */
  readonly least?: LogLevel | 'quiet';
  /** Of these parts, in place of `least`. */
  readonly levels?: Readonly<Partial<Record<Component, LogLevel | 'quiet'>>>;
  /** `text` (logfmt behind time, level and message) unless given; `json`: an object a line. */
  readonly form?: 'text' | 'json';
}

/** A log that writes lines. */
export function lineLog(write: (line: string) => void, now: () => number, options: LogOptions = {}): Log {
  const { least = 'info', levels = {}, form = 'text' } = options;
  return (level, message, { component, ...given } = {}) => {
    const threshold = levels[component as Component] ?? least;
    if (order.indexOf(level) < order.indexOf(threshold)) return;
    const time = new Date(now()).toISOString();
    const facts = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, shown(value)]));
    if (form === 'json') {
      write(`${JSON.stringify({ time, level, component, message, ...facts })}\n`);
      return;
    }
    const rest = Object.entries({ ...facts, component })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${/^[\w.:/-]+$/.test(String(value)) ? String(value) : JSON.stringify(value)}`);
    write(`${time} ${level.padEnd(7)} ${message}${rest.join('')}\n`);
  };
}

function shown<Value>(value: Value): Value | string {
  if (typeof value !== 'string' || value.length <= LONGEST_VALUE) return value;
  return `${value.slice(0, LONGEST_VALUE)}… (${value.length} characters)`;
}

/** The log of one part: what it says has its name. */
export function logOf(log: Log, component: Component): Log {
  return (level, message, facts) => log(level, message, { component, ...facts });
}

export const silent: Log = () => {};
