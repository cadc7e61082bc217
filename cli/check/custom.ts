import { moduleNameOf } from '../../lib/custom/files.ts';
import { folderOf, masterKindNames } from '../../lib/custom/names.ts';
import { BASE } from '../../lib/environments.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { unpackError } from '../../lib/system/child/channel.ts';
import type { CustomIndex } from '../../minion/custom/index-file.ts';
import { inTurns, type SentFile } from '../../minion/custom/turns.ts';
import type { Tree } from '../../states/engine/tree.ts';
import type { Checked } from '../check.ts';

/** What is wrong with the operator's own code in a tree: what minions have of it was looked at when it was loaded. */
export async function customMistakes(
  index: CustomIndex | undefined,
  tree: Tree | undefined,
): Promise<Pick<Checked, 'files' | 'errors'>> {
  const ofMinions = (index?.plugins ?? []).flatMap(({ problems }) => problems);
  const files = tree ? await runnerFiles(tree) : [];
  const runners = files.filter(({ path }) => moduleNameOf('runners', path) !== undefined);
  const turns = runners.map(({ environment, path }) => ({ kind: 'runners', environment, path }) as const);
  const results = turns.length === 0 ? [] : inTurns({ what: 'try', files }, turns);
  const ofRunners = results.flatMap((result) => ('errors' in result ? result.errors : []));
  return {
    files: (index?.plugins.length ?? 0) + runners.length,
    errors: [...ofMinions, ...ofRunners].map(unpackError).filter((error) => error instanceof TsaltError),
  };
}

async function runnerFiles(tree: Tree): Promise<SentFile[]> {
  const files: SentFile[] = [];
  for (const kind of masterKindNames)
    for (const inside of await tree.list(folderOf(kind))) {
      const path = `${folderOf(kind)}/${inside}`;
      const bytes = await tree.read(path);
      if (bytes) files.push({ environment: BASE, path, shown: tree.shown(path), base64: bytes.toString('base64') });
    }
  return files;
}
