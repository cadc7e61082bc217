import { statSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { isStateRun } from '../lib/state-runs.ts';
import { loadMinionConfig } from '../lib/config/load.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { messageOf, TsaltError } from '../lib/errors/error.ts';
import type { Json } from '../lib/json.ts';
import { lineLog, type LogLevel } from '../lib/log.ts';
import { createRedactor } from '../lib/secrets/redactor.ts';
import { callLocally, PillarFailed, type LocalCall } from '../minion/local.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';
import { format, formOf, outOption } from './output/output.ts';
import { viewFlags, viewOptions } from './output/view.ts';
import type { RunProgress } from './progress.ts';
import { argumentsOf } from './words.ts';

const options = {
  local: { help: 'with the state files of this machine, without a master' },
  'file-root': { value: 'DIR', many: true, help: 'where state files are; again for more (implies --local)' },
  'pillar-root': { value: 'DIR', many: true, help: 'where pillar files are; again for more (implies --local)' },
  'config-dir': { short: 'c', value: 'DIR', help: 'where the config file `minion` is' },
  root: { value: 'DIR', help: 'manage the tree under this directory' },
  id: { value: 'ID', help: "the minion's name" },
  out: outOption,
  ...viewOptions,
  progress: {
    help: 'print a line on stderr for each state as it ends (without it, a terminal shows in one line where the run is)',
  },
  'log-level': { short: 'l', value: 'LEVEL', help: 'debug, info, warning, error or quiet' },
} as const;

/** `tsalt call`: runs a function on this machine, and prints what came of it. */
export default async function call(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help } = parseOptions('call', options, argv);
  if (help) {
    io.out(`usage: tsalt call [--local] FUNCTION [ARGUMENT ...] [name=value ...]\n\n${describeOptions(options)}`);
    return 0;
  }
  const form = formOf(given.out);
  const [fun, ...rest] = words;
  if (fun === undefined) throw cliErrors.missingArgument({ verb: 'call', what: 'a function, such as test.ping' });
  const absolute = (dirs: readonly string[]) => ({ base: dirs.map((dir) => treeAt(path.resolve(io.cwd, dir))) });
  const isLocal = given.local === true || given['file-root'] !== undefined || given['pillar-root'] !== undefined;
  const { config, configDir, warnings } = loadMinionConfig({
    configDir: given['config-dir'] === undefined ? undefined : path.resolve(io.cwd, given['config-dir']),
    env: io.env,
    flags: {
      ...(isLocal && { file_client: 'local' }),
      ...(given['file-root'] && { file_roots: absolute(given['file-root']) }),
      ...(given['pillar-root'] && { pillar_roots: absolute(given['pillar-root']) }),
      ...(given.root !== undefined && { root: path.resolve(io.cwd, given.root) }),
      ...(given.id !== undefined && { id: given.id }),
      ...viewFlags(given),
    },
  });
  const least = levelOf(given['log-level']);
  const log =
    least === 'quiet'
      ? () => {}
      : lineLog(
          (line) => (progress ? progress.err(line) : io.err(line)),
          () => systemClock.now(),
          { least },
        );
  let progress: RunProgress | undefined;
  for (const warning of warnings) log('warning', warning.message);
  const areStates = isStateRun(fun);
  if (areStates && least !== 'quiet' && (given.progress || io.errIsTerminal)) {
    const { runProgress } = await import('./progress.ts');
    progress = runProgress(io, systemClock, given.progress === true);
  }
  let told = 0;
  // A handler of crashes costs milliseconds, which most calls have no use for.
  const secrets = createRedactor([], () => io.crashWithout?.(secrets));
  const request: LocalCall = {
    fun,
    ...argumentsOf(rest),
    config,
    configDir,
    clock: systemClock,
    log,
    secrets,
    signal: io.interrupted,
    watcher: progress,
    onFailed: (retcode) => (told = retcode),
  };
  const shown = { areStates, view: config };
  try {
    const answer = config.file_client === 'local' ? await callLocally(request) : await throughMinion(request);
    progress?.end();
    io.out(format({ local: answer }, form, io, shown));
    return io.interrupted.aborted ? 130 : exitCode(answer, areStates, told);
  } catch (thrown) {
    progress?.end();
    // A pillar that can't be made is one more reason why states don't compile.
    if (thrown instanceof PillarFailed && areStates) {
      io.out(format({ local: thrown.errors.map(({ message }) => message) }, form, io, shown));
      return 2;
    }
    if (thrown instanceof TsaltError && /^TS_(EXEC|CLI|CONTROL)_/.test(thrown.code)) throw thrown;
    // What the master can't render is no less.
    if (thrown instanceof TsaltError && areStates) {
      io.out(format({ local: [thrown.message] }, form, io, shown));
      return 2;
    }
    if (thrown instanceof PillarFailed) throw thrown.errors[0] ?? thrown;
    if (form === 'json') io.out(format({ local: { error: messageOf(thrown) } }, form, io));
    io.err(`error: ${fun}: ${messageOf(thrown)}\n`);
    return 1;
  }
}

/** A tree that the command line names. A slip of the hand is no empty tree. */
function treeAt(directory: string): string {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw cliErrors.noTree({ path: directory });
  return directory;
}

/** Asks the minion that runs here, or its master, to do it. */
async function throughMinion(request: LocalCall): Promise<Json> {
  const { default: ask } = await import('./call-minion.ts');
  return ask(request);
}

/** 2 when nothing ran, 1 when a state or the function failed. */
function exitCode(answer: Json, areStates: boolean, told: number): number {
  if (!areStates) return told === 0 ? 0 : 1;
  if (Array.isArray(answer)) return 2;
  const results = typeof answer === 'object' && answer !== null ? Object.values(answer) : [];
  return results.some(
    (entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry) && entry['result'] === false,
  )
    ? 1
    : 0;
}

function levelOf(name: string | undefined): LogLevel | 'quiet' {
  const levels = ['debug', 'info', 'warning', 'error', 'quiet'] as const;
  const level = levels.find((known) => known === (name ?? 'warning'));
  if (level) return level;
  throw cliErrors.badOptionValue({ option: '--log-level', value: name ?? '', expected: `one of ${levels.join(', ')}` });
}
