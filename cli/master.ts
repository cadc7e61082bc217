import os from 'node:os';
import { systemClock } from '../lib/clock.ts';
import type { PlaceOf } from '../lib/config/check.ts';
import { loadMasterConfig } from '../lib/config/load.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import type { TsaltError } from '../lib/errors/error.ts';
import { startMaster } from '../master/start.ts';
import { missingRoots } from './check/named-roots.ts';
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
  const { config, sources, warnings, placeOf } = load();
  const { username } = os.userInfo();
  if (config.user !== undefined && config.user !== username)
    throw cliErrors.wrongUser({ wanted: config.user, username });
  const log = daemonLog(config, io);
  sayWarnings([...warnings, ...(await mistakesIn(config, sources.at(-1), placeOf))], log);
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

/**
 * What config names that is not there, and that only shows when an event comes or a minion asks for its pillar or states. Raises
 * `TS_REACTOR_UNKNOWN_...`: there is no master with such a reactor.
 */
async function mistakesIn(config: MasterConfig, file = 'master', placeOf: PlaceOf): Promise<readonly TsaltError[]> {
  const mistakes = missingRoots(config, placeOf);
  if (config.reactor.length > 0) {
    const { reactorMistakes } = await import('./check/named-reactors.ts');
    mistakes.push(...reactorMistakes(config, file, placeOf));
  }
  if (config.ext_pillar.length > 0) {
    const { sourceMistakes } = await import('./check/named-sources.ts');
    mistakes.push(...(await sourceMistakes(config, file, placeOf)));
  }
  const fatal = mistakes.find(({ code }) => code.startsWith('TS_REACTOR_UNKNOWN_'));
  if (fatal) throw fatal;
  return mistakes;
}
