import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Reading } from '../../lib/contracts/machine.ts';
import { callGem, gemProblem } from './gems.ts';

/* Where gems come from: `gem sources` of gem(1). */

export const sourceArgs = v.strictObject({
  name: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9+]*:\/\/\S+$/, 'the address of a source, such as https://rubygems.org/'),
  ),
  gem_bin: v.optional(arg.absolutePath),
  user: v.optional(arg.account),
});

export type SourceArgs = v.InferOutput<typeof sourceArgs>;

export interface SourceFacts {
  readonly problem?: string | undefined;
  readonly isThere: boolean;
}

/** Whether the source is one of those that gem asks, with or without the slash at its end. */
export async function readSources(args: SourceArgs, machine: Reading): Promise<SourceFacts> {
  const problem = gemProblem(args, machine);
  if (problem !== undefined) return { problem, isThere: false };
  const { code, stdout, stderr } = await machine.processes.run(callGem(args, ['sources', '--list']));
  if (code !== 0) return { problem: stderr.trim() || `gem ended with code ${code}`, isThere: false };
  const plain = (url: string): string => url.trim().replace(/\/$/, '');
  return { isThere: stdout.split('\n').map(plain).includes(plain(args.name)) };
}
