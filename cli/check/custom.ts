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
  const files = tree ? await masterFiles(tree) : [];
  const turns = masterKindNames.flatMap((kind) =>
    files
      .filter(({ path }) => moduleNameOf(kind, path) !== undefined)
      .map(({ environment, path }) => ({ kind, environment, path })),
  );
  const results = turns.length === 0 ? [] : inTurns({ what: 'try', files }, turns);
  const ofMaster = results.flatMap((result) => ('errors' in result ? result.errors : []));
  return {
    files: (index?.plugins.length ?? 0) + turns.length,
    errors: [...ofMinions, ...ofMaster].map(unpackError).filter((error) => error instanceof TsaltError),
  };
}

async function masterFiles(tree: Tree): Promise<SentFile[]> {
  const files: SentFile[] = [];
  for (const kind of [...masterKindNames, 'utils'] as const)
    for (const inside of await tree.list(folderOf(kind))) {
      const path = `${folderOf(kind)}/${inside}`;
      const bytes = await tree.read(path);
      if (bytes) files.push({ environment: BASE, path, shown: tree.shown(path), base64: bytes.toString('base64') });
    }
  return files;
}
