import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean, messageOf, TsaltError } from '../lib/errors/error.ts';
import { nearest } from '../lib/nearest.ts';
import { version } from '../lib/version.ts';
import { processIo, type Io } from './io.ts';
import { verbs } from './verbs.ts';

const usageCode = 2;

/** Runs one command line (without `node` and the program's name) and gives its exit code. Never raises. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const [first, second] = argv;
  try {
    if (first === undefined) throw cliErrors.noVerb(undefined, { hint: 'tsalt --help lists the verbs' });
    if (first === '--help' || first === '-h' || first === 'help') return help(io);
    if (first === '--version' || first === 'version') {
      io.out(`tsalt ${version}\n`);
      return 0;
    }
    const verb = own(first);
    if (verb) return await (await verb.load()).default(argv.slice(1), io);
    // `tsalt '*' test.ping` is short for `tsalt exec '*' test.ping`.
    const exec = own('exec');
    if (exec && second !== undefined) return await (await exec.load()).default(argv, io);
    throw cliErrors.unknownVerb({ word: first }, { hint: didYouMean(nearest(first, Object.keys(verbs))) });
  } catch (thrown) {
    io.err(`${thrown instanceof TsaltError ? `error: ${thrown.message}` : crash(thrown)}\n`);
    return usageCode;
  }
}

function own(name: string) {
  return Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}

/** What is no error of the user's shows where it came from. */
function crash(thrown: unknown): string {
  return `internal error: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown)}`;
}

function help(io: Io): number {
  const width = Math.max(...Object.keys(verbs).map((name) => name.length)) + 2;
  const lines = Object.entries(verbs).flatMap(([name, { summary }]) =>
    summary === undefined ? [] : [`  ${name.padEnd(width)}${summary}\n`],
  );
  io.out(`usage: tsalt VERB ...\n\n${lines.join('')}\ntsalt VERB --help tells more.\n`);
  return 0;
}
