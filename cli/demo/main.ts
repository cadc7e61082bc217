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
import { settingOf, type Setting } from './settings.ts';
import { Show } from './show.ts';
import { setStage, type Stage } from './stage.ts';
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
  const name = given.provider ?? 'process';
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const { setting, stage } = await prepare();
  const cast: Cast = { stage, setting, clock, without, launched: [], endings: [] };
  let failed = false;
  let finale = true;
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
      await narrator.readBack();
      if (narrator.complete && !told) {
        told = true;
        finale = await showFinale(cast, narrator, show);
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
    failed = given.once === true && !(narrator.complete && finale);
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
    if (!failed) remove();
  }

  /** Sets everything up; what fails on the way leaves nothing behind. */
  async function prepare(): Promise<{ readonly setting: Setting; readonly stage: Stage }> {
    let ready: Setting | undefined;
    try {
      const say = (text: string): void => show.line(text);
      ready = await settingOf(name, { directory, example, tsalt, clock, without, say });
      show.title(`tsalt: one head and two workers by the ${name} provider, everything in ${directory}`);
      return {
        setting: ready,
        stage: await setStage({ directory, example, tsalt, config: ready.masterConfig, clock }),
      };
    } catch (thrown) {
      await ready?.close();
      remove();
      throw thrown;
    }
  }
}

/** What comes after the seven steps; true when it came out, or when there is nothing to come. */
async function showFinale({ stage, setting }: Cast, narrator: Narrator, show: Show): Promise<boolean> {
  if (!setting.finale) return true;
  show.line("a service's file is changed through pillar: the service is to be restarted");
  const { done, told } = await setting.finale(stage, narrator.members);
  show.block(`${done ? '✔' : '✘'} ${told}`);
  return done;
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
