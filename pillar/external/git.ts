import * as v from 'valibot';
import { defineExtPillar } from '../../lib/contracts/ext-pillar.ts';
import { gitErrors } from '../../lib/errors/git.ts';
import { directoryOf, readRefs, type KeptPlace } from '../../lib/git/kept.ts';
import {
  environmentOf,
  idFor,
  pillarRemotes,
  readPillarRemotes,
  refFor,
  type PillarRemote,
} from '../../lib/git/pillar-remotes.ts';
import type { Written } from '../../lib/git/settings.ts';
import type { JsonMap } from '../../lib/json.ts';

const args = v.pipe(
  v.array(v.unknown(), 'a list of `<branch> <address>`, or of one-key maps from one to its settings'),
  v.rawTransform(({ dataset, addIssue, NEVER }): readonly Written[] => {
    const { remotes, findings } = readPillarRemotes(dataset.value);
    const wrong = findings.find(({ isHarmless }) => !isHarmless);
    if (!wrong) return remotes;
    addIssue({ message: wrong.error().sentence });
    return NEVER;
  }),
);

export default defineExtPillar({
  summary:
    "Pillar trees in git, as Salt's git_pillar: what the master fetched last. A branch is the environment of its name, `git_pillar_base` is `base`.",
  example: `
ext_pillar:
  - git:
    - master https://git.example/pillar.git
    - dev https://git.example/pillar.git:
      - root: trees
      - env: base
`,
  args,
  async read(written, context) {
    if (!context.git) throw gitErrors.onlyOnMaster(undefined);
    const environment = context.pillarenv ?? context.saltenv;
    const { directory, options } = context.git;
    const found = pillarRemotes(written, options).flatMap((remote) => {
      const env = environmentOf(remote, environment);
      // `pillarenv`: what is of another environment is not asked for.
      const isElsewhere = context.pillarenv !== undefined && context.pillarenv !== env;
      return isElsewhere ? [] : [{ remote, env, place: placeOf(remote, environment, directory) }];
    });
    const { git_pillar_includes: includes } = options;
    let pillar: JsonMap = {};
    for (const one of found) {
      const { remote, env, place } = one;
      // What stands under a mountpoint is there for others to include.
      if (remote.mountpoint !== '') continue;
      const others = includes ? found.filter((other) => other !== one && other.env === env) : [];
      const places = [place, ...others.map((other) => other.place)];
      const shown = (path: string): string => `${remote.name}: ${path}`;
      pillar = context.merge(pillar, await context.compile(env, places, shown));
    }
    return pillar;
  },
});

/** Raises `TS_GIT_NOT_FETCHED`, `TS_GIT_NO_REF`. */
function placeOf(remote: PillarRemote, environment: string, all: string): KeptPlace {
  const { name, root, mountpoint } = remote;
  const directory = directoryOf(all, 'pillar', remote);
  const refs = readRefs(directory);
  if (!refs) {
    const hint = "on the master, 'tsalt run fileserver.remotes' tells what fails";
    throw gitErrors.notFetched({ remote: name }, { hint });
  }
  const id = idFor(remote, refs, environment);
  if (id === undefined) throw gitErrors.noRef({ remote: name, ref: refFor(remote, environment) });
  return { directory, id, root, mountpoint };
}
