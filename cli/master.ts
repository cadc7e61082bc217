import os from 'node:os';
import { systemClock } from '../lib/clock.ts';
import { loadMasterConfig } from '../lib/config/load.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { startMaster } from '../master/start.ts';
import { daemonLog, daemonOptions, refuseWords, sayWarnings, toldToEnd } from './daemon.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

export default async function master(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help } = parseOptions('master', daemonOptions, argv);
  if (help) {
    io.out(`usage: tsalt master [OPTIONS]\n\nRuns the master in the foreground.\n\n${describeOptions(daemonOptions)}`);
    return 0;
  }
  refuseWords('master', words);
  const load = () =>
    loadMasterConfig({ configDir: given['config-dir'], env: io.env, flags: { log_level: given['log-level'] } });
  const { config, warnings, placeOf } = load();
  const { username } = os.userInfo();
  if (config.user !== undefined && config.user !== username)
    throw cliErrors.wrongUser({ wanted: config.user, username });
  const log = daemonLog(config, io);
  sayWarnings(warnings, log);
  const ended = toldToEnd();
  const running = await startMaster({
    config,
    placeOf,
    clock: systemClock,
    log,
    rereadOperators: () => load().config.operators,
  });
  log('info', 'the master stops', { signal: await ended });
  await running.stop();
  return 0;
}
