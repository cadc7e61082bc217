import { openSync, mkdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { MasterConfig } from '../lib/config/options.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import type { TsaltError } from '../lib/errors/error.ts';
import { lineLog, type Log } from '../lib/log.ts';
import type { Io } from './io.ts';

export const daemonOptions = {
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config files are' },
  'log-level': { short: 'l', value: 'LEVEL', help: 'debug, info, warning, error or quiet' },
} as const;

/** A daemon takes options only. Raises `TS_CLI_SURPLUS`. */
export function refuseWords(verb: string, [word]: readonly string[]): void {
  if (word !== undefined) throw cliErrors.surplus({ verb, word });
}

type LogConfig = Pick<MasterConfig, 'log_file' | 'log_level' | 'log_levels' | 'log_form'>;

/** The log of a daemon: lines to standard error, or to `log_file`. */
export function daemonLog(config: LogConfig, io: Io): Log {
  let write = (line: string): void => io.err(line);
  if (config.log_file !== '') {
    mkdirSync(path.dirname(config.log_file), { recursive: true });
    const file = openSync(config.log_file, 'a', 0o640);
    write = (line) => void writeSync(file, line);
  }
  const { log_level: least, log_levels: levels, log_form: form } = config;
  return lineLog(write, () => Date.now(), { least, levels, form });
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
