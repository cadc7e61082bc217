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
  return (level, message, { component, ...facts } = {}) => {
    const threshold = levels[component as Component] ?? least;
    if (order.indexOf(level) < order.indexOf(threshold)) return;
    const time = new Date(now()).toISOString();
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

/** The log of one part: what it says has its name. */
export function logOf(log: Log, component: Component): Log {
  return (level, message, facts) => log(level, message, { component, ...facts });
}

export const silent: Log = () => {};
