import { TsaltError } from '../../lib/errors/error.ts';
import { jinjaMistakes } from '../../states/engine/template/jinja/mistakes.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import type { Tree } from '../../states/engine/tree.ts';

/** What there is of Jinja in the files that are called as it is used to be, which state files of an unported tree take in. */
export async function jinjaFiles(tree: Tree): Promise<readonly TsaltError[]> {
  const names = (await tree.list('')).filter((name) => /\.(?:jinja2?|j2)$/.test(name));
  return (await textsOf(tree, names)).flatMap(([name, text]) => jinjaMistakes(text, tree.shown(name)));
}

/** What is wrong with the templates of state files whatever the data is: all that can be said of them without pillar. */
export async function templateMistakes(tree: Tree): Promise<readonly TsaltError[]> {
  const names = (await tree.list('')).filter((name) => name.endsWith('.sls'));
  return (await textsOf(tree, names)).flatMap(([name, text]) => {
    // The first line may name what is no template.
    if (text.startsWith('#!')) return [];
    try {
      compileTemplate(text, tree.shown(name));
      return [];
    } catch (thrown) {
      if (thrown instanceof TsaltError) return [thrown, ...thrown.others];
      throw thrown;
    }
  });
}

async function textsOf(tree: Tree, names: readonly string[]): Promise<readonly (readonly [string, string])[]> {
  return Promise.all(names.map(async (name) => [name, (await tree.read(name))?.toString('utf8') ?? ''] as const));
}
