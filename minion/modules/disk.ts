import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';

interface Usage {
  readonly point: string;
  readonly filesystem: string;
  readonly blocks: string;
  readonly used: string;
  readonly available: string;
  readonly capacity: string;
}

/** What POSIX df tells, in blocks (-k: of 1024 bytes) or in inodes (-i). Raises what df complains of. */
async function df({ machine }: ExecContext, ...words: readonly string[]): Promise<Usage[]> {
  // Its words are the same in every language then.
  const env = { LC_ALL: 'C' };
  const { code, stdout, stderr } = await machine.processes.run({
    argv: ['df', '-P', ...words],
    env,
    timeoutMs: 30_000,
  });
  // A mount that can't be looked at is left out, and the rest is told.
  if (code !== 0 && stdout === '') throw new Error(stderr.trim());
  return stdout
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, filesystem, blocks, used, available, capacity, point] =
        /^(.*?)\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(\S+)\s+(\/.*)$/.exec(line) ?? [];
      if (filesystem === undefined || point === undefined) return [];
      return [
        {
          point,
          filesystem,
          blocks: blocks ?? '',
          used: used ?? '',
          available: available ?? '',
          capacity: capacity ?? '',
        },
      ];
    });
}

const args = v.strictObject({ args: v.optional(v.string()) });

/** How full file systems are. */
export default defineModule({
  usage: defineFunction({
    summary:
      'Size, use and room of each file system, in KiB, by where it is mounted. `args` are letters that df takes, such as `l`.',
    args,
    run: async ({ args: letters }, context) => {
      const all = await df(context, '-k', ...optionsOf(letters));
      return Object.fromEntries(
        all.map(({ point, filesystem, blocks, used, available, capacity }) => [
          point,
          { filesystem, '1K-blocks': blocks, used, available, capacity },
        ]),
      );
    },
  }),
  inodeusage: defineFunction({
    summary: 'Inodes of each file system, by where it is mounted.',
    args,
    run: async ({ args: letters }, context) => {
      const all = await df(context, '-i', ...optionsOf(letters));
      return Object.fromEntries(
        all.map(({ point, filesystem, blocks, used, available, capacity }) => [
          point,
          { inodes: blocks, used, free: available, use: capacity, filesystem },
        ]),
      );
    },
  }),
  percent: defineFunction({
    summary: 'How full each file system is, or the one that is mounted at a place, such as `18%`.',
    args: v.strictObject({ args: v.optional(v.string()) }),
    run: async ({ args: place }, context) => {
      const all = new Map((await df(context, '-k')).map(({ point, capacity }) => [point, capacity]));
      return place === undefined ? Object.fromEntries(all) : (all.get(place) ?? false);
    },
  }),
});

function optionsOf(letters: string | undefined): string[] {
  if (letters === undefined || letters === '') return [];
  if (!/^[A-Za-z]+$/.test(letters)) throw new RangeError(`'${letters}' are not letters that df takes`);
  return [`-${letters}`];
}
