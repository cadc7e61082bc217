import { openSync, mkdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import type { TsaltError } from '../lib/errors/error.ts';
import { lineLog, silent, type Log, type LogLevel } from '../lib/log.ts';
import type { Io } from './io.ts';

export const daemonOptions = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
  'log-level': { short: 'l', value: 'LEVEL', help: 'debug, info, warning, error or quiet' },
} as const;

/** A daemon takes options only. Raises `TS_CLI_SURPLUS`. */
export function refuseWords(verb: string, [word]: readonly string[]): void {
  if (word !== undefined) throw cliErrors.surplus({ verb, word });
}

/** The log of a daemon: lines to standard error, or to `log_file`. */
export function daemonLog(config: { readonly log_file: string; readonly log_level: LogLevel | 'quiet' }, io: Io): Log {
  if (config.log_level === 'quiet') return silent;
  let write = (line: string): void => io.err(line);
  if (config.log_file !== '') {
    mkdirSync(path.dirname(config.log_file), { recursive: true });
    const file = openSync(config.log_file, 'a', 0o640);
    write = (line) => void writeSync(file, line);
  }
  return lineLog(write, () => Date.now(), config.log_level);
}

export function sayWarnings(warnings: readonly TsaltError[], log: Log): void {
  for (const { message } of warnings) log('warning', message);
}

/** Resolves once this process is told to end (SIGTERM, SIGINT, SIGHUP of a closed terminal). */
export function toldToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
}
