export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** Where a part says what it does. Facts are printed as `key=value`; secrets have no business in them. */
export type Log = (
  level: LogLevel,
  message: string,
  facts?: Record<string, string | number | boolean | undefined>,
) => void;

const order: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

/** A log that writes logfmt lines, leaving out what is below `least`. */
export function lineLog(write: (line: string) => void, now: () => number, least: LogLevel = 'info'): Log {
  return (level, message, facts = {}) => {
    if (order.indexOf(level) < order.indexOf(least)) return;
    const rest = Object.entries(facts)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${/^[\w.:/-]+$/.test(String(value)) ? String(value) : JSON.stringify(value)}`);
    write(`${new Date(now()).toISOString()} ${level.padEnd(7)} ${message}${rest.join('')}\n`);
  };
}

export const silent: Log = () => {};
