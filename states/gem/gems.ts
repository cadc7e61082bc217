import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import type { Command, Reading } from '../../lib/contracts/machine.ts';
import { lacking } from '../../lib/programs.ts';

/* Ruby's packages, as gem(1) lists and changes them. */

export const gemArgs = {
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]*$/, 'the name of a gem')),
  gem_bin: v.optional(arg.absolutePath),
  user: v.optional(arg.account),
};

const schema = v.object(gemArgs);
type GemArgs = Omit<v.InferOutput<typeof schema>, 'name'>;

export interface GemFacts {
  readonly problem?: string | undefined;
  /** Installed versions of the gem, the newest first. */
  readonly versions: readonly string[];
}

export function callGem({ gem_bin: bin, user }: GemArgs, words: readonly string[], env = {}): Command {
  return {
    argv: [bin ?? 'gem', ...words],
    env: { LC_ALL: 'C.UTF-8', ...env },
    ...(user === undefined ? {} : { runas: user }),
  };
}

/** Why gem can't be called; undefined when it can. */
export function gemProblem({ user, gem_bin: bin }: GemArgs, { files, accounts }: Reading): string | undefined {
  if (user !== undefined && accounts.uid(user) === undefined) return `User ${user} does not exist`;
  if (bin === undefined) return lacking(files, 'gem', 'A gem', 'ruby');
  return files.follow(bin) ? undefined : `${bin} is not there`;
}

/** What is installed of a gem. */
export async function readGem(args: v.InferOutput<typeof schema>, machine: Reading): Promise<GemFacts> {
  const problem = gemProblem(args, machine);
  if (problem !== undefined) return { problem, versions: [] };
  const { code, stdout, stderr } = await machine.processes.run(
    callGem(args, ['list', '--local', '--exact', args.name]),
  );
  if (code !== 0) return { problem: stderr.trim() || `gem ended with code ${code}`, versions: [] };
  return { versions: parseGems(stdout)[args.name] ?? [] };
}

/** Reads lines of `name (1.2, default: 1.1 ruby)`. */
function parseGems(text: string): Record<string, string[]> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+) \(([^)]*)\)$/gm)].map(([, name = '', versions = '']) => [
      name,
      versions.split(',').map((one) => one.replace('default:', '').trim().split(' ')[0] ?? ''),
    ]),
  );
}

/** Whether a version is one of those wanted: `1.2`, `>= 1.2`, `~> 1.2`, several with commas (Gem::Requirement). */
export function fulfils(version: string, wanted: string): boolean {
  return wanted.split(',').every((part) => {
    const [, operator = '=', target = ''] = /^\s*(>=|<=|!=|~>|=|>|<)?\s*(\S+)\s*$/.exec(part) ?? [];
    const order = compare(version, target);
    switch (operator) {
      case '=':
        return order === 0;
      case '!=':
        return order !== 0;
      case '>':
        return order > 0;
      case '<':
        return order < 0;
      case '>=':
        return order >= 0;
      case '<=':
        return order <= 0;
      default: {
        const fixed = segments(target).slice(0, -1);
        return order >= 0 && fixed.every((one, at) => one === (segments(version)[at] ?? 0));
      }
    }
  });
}

function compare(a: string, b: string): number {
  const [left, right] = [segments(a), segments(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one, other] = [left[at] ?? 0, right[at] ?? 0];
    if (one === other) continue;
    // Letters are of a version before the release.
    if (typeof one !== typeof other) return typeof one === 'string' ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return 0;
}

const segments = (version: string): (number | string)[] =>
  (version.match(/\d+|[A-Za-z]+/g) ?? []).map((part) => (/^\d/.test(part) ? Number(part) : part));
