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
    const near = nearest(first, Object.keys(verbs));
    // No function is without a dot.
    const isMisspelt = near !== undefined && second !== undefined && /^[a-z]+$/.test(second);
    if (exec && second !== undefined && !isMisspelt) return await (await exec.load()).default(argv, io);
    throw cliErrors.unknownVerb({ word: first }, { hint: didYouMean(near) });
  } catch (thrown) {
    io.err(`${thrown instanceof TsaltError ? `error: ${thrown.message}` : (ofSystem(thrown) ?? crash(thrown))}\n`);
    return usageCode;
  }
}

function own(name: string) {
  return Object.hasOwn(verbs, name) ? verbs[name] : undefined;
}

const systemWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system can only be read',
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** What the system would not do, in a sentence: nobody needs a stack for that. */
function ofSystem(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  const words = systemWords[thrown.code];
  if (words === undefined) return undefined;
  const { path, syscall } = thrown as NodeJS.ErrnoException;
  return `error: ${path === undefined ? '' : `${path}: `}${words}${syscall === undefined ? '' : ` (${syscall})`}`;
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
