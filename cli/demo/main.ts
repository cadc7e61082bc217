import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { terminateInstance } from '../../cluster/launch.ts';
import { sleep, systemClock } from '../../lib/clock.ts';
import { cliErrors } from '../../lib/errors/cli.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import { nearest } from '../../lib/nearest.ts';
import { coloursFor } from '../output/colour.ts';
import { packageRoot } from '../package-root.ts';
import type { Io } from '../io.ts';
import { describeOptions, parseOptions } from '../options.ts';
import { launchMembers, launchStranger, type Cast } from './cast.ts';
import { Narrator } from './narrator.ts';
import { settingOf } from './settings.ts';
import { Show } from './show.ts';
import { setStage } from './stage.ts';
import { steps, type StepName } from './steps.ts';

const options = {
  provider: { value: 'NAME', help: 'process (default): minion processes, no root needed; nspawn: real machines' },
  once: { help: 'exit once all was seen (0) or nothing new comes (1), in place of going on until Ctrl-C' },
  timeout: { value: 'SECONDS', help: 'with --once: how long to wait for the next step (process: 60, nspawn: 420)' },
  without: { value: 'STEP', help: `break one step on purpose: ${steps.map(({ name }) => name).join(', ')}` },
} as const;

const help = `usage: npm run demo [-- OPTIONS]

Starts a master, launches one head and two workers, and shows the seven steps as they happen: each is ticked from an event
of the master's bus or from a file read back from the machine. Everything is in a directory of its own, removed at the end.

`;

export default async function demo(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, help: wanted } = parseOptions('demo', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const without = stepNamed(given.without);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-demo-'));
  const clock = systemClock;
  const show = new Show(io, () => clock.monotonic());
  const tsalt = [process.execPath, path.resolve(process.argv[1] ?? 'tsalt')];
  const example = path.join(packageRoot(), 'examples/seven-steps');
  const stopped = toldToStop();
  const setting = await settingOf(given.provider ?? 'process', { directory, example, tsalt, clock, without });

  show.title(`tsalt: one head and two workers by the ${setting.provider.name} provider, everything in ${directory}`);
  const stage = await setStage({ directory, example, tsalt, config: setting.masterConfig, clock });
  const cast: Cast = { stage, setting, clock, without, launched: [], endings: [] };
  let failed = false;
  try {
    const narrator = new Narrator(show, setting, coloursFor(io), clock);
    // Listening ends with the connection; what it could not deliver is then of no interest.
    stage.control.call('event.listen', { tag: '*', since: 0 }, (event) => narrator.hear(event)).catch(() => {});
    show.line(`the master is up (ports ${stage.master.publish_port} and ${stage.master.ret_port})`);
    await launchMembers(cast, narrator, show);
    await launchStranger(cast, narrator, show);

    const patience = Number(given.timeout ?? setting.patienceSeconds) * 1000;
    let told = false;
    let left = false;
    while (!left) {
      narrator.readBack();
      if (narrator.complete && !told) {
        told = true;
        narrator.summary();
        // With `--once` there is nothing left to look at.
        if (!given.once) {
          show.whereToLook(stage, setting);
          show.line('going on until Ctrl-C');
        }
      }
      if (given.once && (told || clock.monotonic() - narrator.heardAt > patience)) break;
      left = await Promise.race([stopped, sleep(clock, 100).then(() => false)]);
    }
    if (!told) narrator.summary();
    failed = given.once === true && !narrator.complete;
    if (failed) show.line(`the logs are kept in ${directory}`);
    if (failed) return 1;
    return left && !told ? 130 : 0;
  } finally {
    for (const id of cast.launched)
      await terminateInstance(stage.control, setting.provider, id, 'the demo is over').catch(() =>
        setting.provider.terminate(id),
      );
    for (const end of cast.endings) end();
    await setting.close();
    await stage.close();
    // What failed is worth a look.
    if (!failed) rmSync(directory, { recursive: true, force: true });
  }
}

/** Resolves when the audience leaves. Impatience does not keep what was started from being ended. */
function toldToStop(): Promise<true> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(true));
  });
}

function stepNamed(name: string | undefined): StepName | undefined {
  if (name === undefined) return undefined;
  const names = steps.map((step) => step.name);
  const found = names.find((known) => known === name);
  if (!found)
    throw cliErrors.badOptionValue(
      { option: '--without', value: name, expected: `one of ${names.join(', ')}` },
      { hint: didYouMean(nearest(name, names)) },
    );
  return found;
}
