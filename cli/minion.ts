import { realpathSync } from 'node:fs';
import { systemClock } from '../lib/clock.ts';
import { loadMinionConfig } from '../lib/config/load.ts';
import { createRedactor } from '../lib/secrets/redactor.ts';
import { startMinion } from '../minion/start.ts';
import { daemonLog, daemonOptions, refuseWords, sayWarnings, toldToEnd } from './daemon.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

export default async function minion(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help } = parseOptions('minion', daemonOptions, argv);
  if (help) {
    io.out(`usage: tsalt minion [OPTIONS]\n\nRuns a minion in the foreground.\n\n${describeOptions(daemonOptions)}`);
    return 0;
  }
  refuseWords('minion', words);
  const { config, configDir, warnings } = loadMinionConfig({
    configDir: given['config-dir'],
    env: io.env,
    flags: { log_level: given['log-level'] },
  });
  const log = daemonLog(config, io);
  sayWarnings(warnings, log);
  const ended = toldToEnd();
  // A start may take long: with trust_first_use it waits for the master.
  const stop = new AbortController();
  void ended.then(() => stop.abort());
  const secrets = createRedactor();
  io.crashWithout?.(secrets);
  const running = await startMinion({
    config,
    configDir,
    // Where links lead now: those of an upgrade lead elsewhere while this process still runs.
    script: realpathSync(process.argv[1] ?? ''),
    clock: systemClock,
    log,
    secrets,
    signal: stop.signal,
  });
  if (!running) return 0;
  log('info', 'the minion stops', { signal: await ended });
  await running.stop();
  return 0;
}
