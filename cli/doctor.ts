import path from 'node:path';
import { loadMinionConfig } from '../lib/config/load.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { TsaltError } from '../lib/errors/error.ts';
import { version } from '../lib/version.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';
import { connectMaster, controlOptions, masterConfig } from './control.ts';
import type { Finding } from './doctor/finding.ts';
import { masterChecks } from './doctor/master-checks.ts';
import { masterFacts } from './doctor/master-facts.ts';
import { minionFindings } from './doctor/minion.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';
import { coloursFor } from './output/colour.ts';
import { printable } from './output/text.ts';

const options = {
  ...controlOptions,
  timeout: { short: 't', value: 'SECONDS', help: 'how long minions have to answer (5)' },
  out: { value: 'FORMAT', help: 'text (default) or json' },
} as const;

const help = `usage: tsalt doctor

Looks at the master and the minion of this machine and says what is wrong, and what to do: versions, ports, keys, links,
clocks, the time to each minion, disk, queues, reactors, trees. Changes nothing. Ends with 1 when something is bad.

`;

export default async function doctor(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('doctor', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  if (words[0] !== undefined) throw cliErrors.surplus({ verb: 'doctor', word: words[0] });
  if (!['text', 'json', undefined].includes(given.out))
    throw cliErrors.badOptionValue({ option: '--out', value: given.out ?? '', expected: 'text or json' });
  const findings = [...(await ofMaster()), ...(await ofMinion())];
  if (findings.length === 0)
    throw cliErrors.nothingRuns(undefined, {
      hint: `'tsalt master' and 'tsalt minion' start them; --config-dir says where their config is`,
    });
  io.out(given.out === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : print(findings, io));
  return findings.some(({ grade }) => grade === 'bad') ? 1 : 0;

  async function ofMaster(): Promise<Finding[]> {
    const master = masterConfig(given, io);
    const { config, placeOf } = master;
    const control = await ifThere(() => connectMaster(given, io, master));
    if (!control) return [];
    try {
      const looking = { control, config, placeOf, now: () => Date.now(), timeoutSeconds: secondsOf(given.timeout) };
      const facts = await masterFacts(looking);
      return masterChecks.flatMap((check) => check(facts, { config, version }));
    } finally {
      control.close();
    }
  }

  async function ofMinion(): Promise<Finding[]> {
    const { config } = loadMinionConfig({ configDir: given['config-dir'], env: io.env });
    const minion = await ifThere(() => connectLocal('minion', path.join(config.sock_dir, 'minion.sock')));
    if (!minion) return [];
    try {
      return await minionFindings(minion, config);
    } finally {
      minion.close();
    }
  }
}

/** A line to a daemon of this machine; undefined where none runs. */
async function ifThere(connect: () => Promise<LocalClient>): Promise<LocalClient | undefined> {
  try {
    return await connect();
  } catch (error) {
    if (error instanceof TsaltError && error.code === 'TS_CONTROL_UNREACHABLE') return undefined;
    throw error;
  }
}

function secondsOf(value = '5'): number {
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw cliErrors.badOptionValue({ option: '--timeout', value, expected: 'a number of seconds' });
}

function print(findings: readonly Finding[], io: Io): string {
  const colours = coloursFor(io);
  const signs = { good: colours.good('✔'), warning: colours.maybe('!'), bad: colours.bad('✘') };
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.map(({ about, grade, says, hint }) => {
    const line = `${signs[grade]} ${about.padEnd(width)}  ${printable(says)}\n`;
    return hint === undefined ? line : `${line}  ${' '.repeat(width)}  ${colours.quiet(`→ ${hint}`)}\n`;
  });
  const [wrong, doubtful] = (['bad', 'warning'] as const).map(
    (grade) => findings.filter((one) => one.grade === grade).length,
  );
  const sum = wrong === 0 && doubtful === 0 ? 'nothing is wrong' : `${wrong} bad, ${doubtful} to look at`;
  return `${lines.join('')}\n${sum}\n`;
}
