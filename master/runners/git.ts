import { didYouMean } from '../../lib/errors/error.ts';
import { runnerErrors } from '../../lib/errors/runners.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Kept, Upkeep } from '../git/upkeep.ts';
import type { RunnerTable } from './runner.ts';

/** What is fetched from git: Salt's `fileserver.update` and `git_pillar.update`, and how the remotes stand. */
export function gitRunners(upkeep: () => Upkeep): RunnerTable {
  return {
    'fileserver.update': {
      summary:
        'asks the git remotes of state trees now (all, or `remotes` by name or address), and tells what changed; no `success` where one fails',
      takes: ['backend', 'remotes'],
      run: async ({ backend = null, remotes = null }) => {
        const odd = wordsIn(backend).find((word) => !['git', 'gitfs', 'roots'].includes(word));
        if (odd !== undefined) {
          const expected = 'roots, git, or both with a comma';
          throw runnerErrors.badArgument({ name: 'backend', expected, given: odd });
        }
        const isMeant = backend === null || wordsIn(backend).some((word) => word !== 'roots');
        return isMeant ? update('files', wordsIn(remotes)) : update('files', undefined);
      },
    },
    'fileserver.remotes': {
      summary: 'the git remotes of state trees and of pillar: when they were asked last with success, and what fails',
      takes: [],
      run: () =>
        upkeep()
          .standing()
          .map(({ use, remote, asked, failure }): JsonMap => {
            const when = asked === undefined ? null : new Date(asked).toISOString();
            return { remote, use, asked: when, failure: failure ?? null };
          }),
    },
    'git_pillar.update': {
      summary:
        'asks the git remotes of pillar now (all, or one by name or address), and tells what changed; no `success` where one fails',
      takes: ['repo'],
      run: ({ repo = null }) => update('pillar', wordsIn(repo)),
    },
  };

  /** Undefined: none of them. */
  async function update(use: Kept['use'], names: readonly string[] | undefined): Promise<Json> {
    const own = upkeep()
      .repositories()
      .filter((one) => one.use === use);
    const known = own.flatMap((one) => one.names);
    const odd = names?.find((name) => !known.includes(name));
    if (odd !== undefined) {
      const hint = didYouMean(nearest(odd, known)) ?? (known.length > 0 ? `there are ${known.join(', ')}` : undefined);
      throw runnerErrors.noSuchRemote({ remote: odd }, { hint });
    }
    const chosen = (one: Kept): boolean =>
      one.use === use && names !== undefined && (names.length === 0 || one.names.some((name) => names.includes(name)));
    const remotes = await upkeep().update(chosen);
    const success = remotes.every(({ failure }) => failure === undefined);
    return {
      success,
      changed: remotes.some(({ changed }) => changed),
      remotes: remotes.map((one): JsonMap => ({ ...one })),
    };
  }
}

/** A list, or a text with commas. */
function wordsIn(given: Json): string[] {
  const texts = Array.isArray(given) ? given.map(asText) : given === null ? [] : asText(given).split(',');
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}
