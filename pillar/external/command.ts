import * as v from 'valibot';
import type { ExtPillarContext } from '../../lib/contracts/ext-pillar.ts';
import { shellWords } from '../../lib/shell-words.ts';

/** What only a shell would make something of. */
const forShells = /[|&;<>()$`\\]/;

/** A command as config has it: words in one text, or a list of them; `%s` stands for the minion's id. */
export const command = v.pipe(
  v.union([v.string(), v.array(v.string())], 'a command, or a list of its words'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const given = dataset.value;
    const isForShells = typeof given === 'string' && forShells.test(given.replace(/'[^']*'/g, ''));
    const words = typeof given === 'string' ? shellWords(given) : given;
    if (isForShells) addIssue({ message: "no shell runs it: give its words as a list, such as [sh, -c, 'a | b']" });
    else if (!words) addIssue({ message: 'a quote in it has no end' });
    if (words && (words[0] ?? '') === '') addIssue({ message: 'a command has a word at least' });
  }),
  v.transform((given) => (typeof given === 'string' ? (shellWords(given) ?? []) : given)),
);

/** What a command writes. Raises what kept it from ending well, without what it wrote on stderr: that may be secret. */
export async function outputOf(argv: readonly string[], context: ExtPillarContext): Promise<string> {
  const { id, processes } = context;
  const [program = '', ...args] = argv.map((one) => one.replaceAll('%s', () => id));
  const { code, stdout, timedOut, truncated } = await processes.run({
    argv: [program, ...args],
    timeoutMs: Math.max(1, context.remainingMs()),
  });
  if (timedOut) throw new Error(`${program} took longer than the time that a pillar has`);
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: run it by hand to see why`);
  if (truncated) throw new Error(`${program} wrote more than is kept of it`);
  return stdout;
}
