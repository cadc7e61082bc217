import { findInBackends } from '../git/backends.ts';
import { findInFileRemotes, findInMapping } from '../git/file-remotes.ts';
import * as kind from './kinds.ts';
import { option } from './option.ts';

const mappings = kind.listOf('a list of one-key maps, such as [{dev: [{ref: develop}]}]', kind.freeMap);
const remotes = kind.listOf(
  'a list of addresses, or of one-key maps from one to its settings',
  kind.either('an address, or a one-key map from it to its settings', kind.text, kind.freeMap),
);
const names = kind.oneOrMany(kind.text);
const interval = kind.wholeNumber('a whole number of seconds from 5', 5);

/** What there is of state trees besides directories: Salt's `fileserver` and `gitfs`. */
export const gitfs = {
  fileserver_backend: option(
    kind.oneOrMany(kind.text),
    ['roots'],
    'Where state trees are from: `roots` (`file_roots`), `git` (`gitfs_remotes`); the first that has a file wins.',
    { examine: findInBackends },
  ),
  fileserver_events: option(
    kind.flag,
    false,
    'An update of the git remotes that finds nothing new is an event, too (`salt/fileserver/gitfs/update`).',
  ),
  gitfs_remotes: option(
    remotes,
    [],
    'Git repositories whose branches and tags are environments; see [trees in git](../guides/git-trees.md).',
    { examine: findInFileRemotes },
  ),
  gitfs_base: option(
    kind.optional(kind.text),
    undefined,
    'The branch, tag or commit (its whole id) that is the environment `base`: when it is not said `master`, or `main` where there is no `master`.',
  ),
  gitfs_fallback: option(kind.text, '', 'The branch that stands for environments which a remote does not have.'),
  gitfs_root: option(kind.treeFolder, '', 'The folder of the repositories that state trees are in.'),
  gitfs_mountpoint: option(kind.treeFolder, '', 'The folder of the state tree that they stand in (`salt://...`).'),
  gitfs_ref_types: option(
    kind.oneOrMany(kind.oneOf('branch', 'tag', 'sha')),
    ['branch', 'tag', 'sha'],
    'What may be an environment. Of commits, those only that the config names.',
  ),
  gitfs_disable_saltenv_mapping: option(
    kind.flag,
    false,
    'Branches and tags are no environments, but for those that `gitfs_base` and `gitfs_saltenv` name.',
  ),
  gitfs_saltenv: option(
    mappings,
    [],
    'What environments are, where not the branch of their name: `ref`, `root`, `mountpoint`, by environment.',
    { examine: (written) => findInMapping(written) },
  ),
  gitfs_saltenv_allowlist: option(
    names,
    [],
    'The only environments that are served from git; `*` and `?` stand for others.',
    {
      alias: 'gitfs_saltenv_whitelist',
    },
  ),
  gitfs_saltenv_blocklist: option(names, [], 'Environments that are not served from git.', {
    alias: 'gitfs_saltenv_blacklist',
  }),
  gitfs_update_interval: option(interval, 60, 'Seconds between two looks at a git remote.'),
  gitfs_ssl_verify: option(kind.flag, true, 'Whether the certificate of a remote (https) has to be good.'),
  gitfs_privkey: option(kind.optional(kind.path), undefined, 'The private key that remotes are asked with (ssh).'),
  gitfs_http_header_file: option(
    kind.optional(kind.path),
    undefined,
    'A file with a header for remotes (https), such as `Authorization: Bearer ...`; its text is shown nowhere.',
  ),
};

/** What `git` of `ext_pillar` does not say itself: Salt's `git_pillar`. */
export const gitPillar = {
  git_pillar_branch: option(kind.text, 'master', 'The branch of an entry of `git` in `ext_pillar` that names none.'),
  git_pillar_base: option(kind.text, 'master', 'The branch that is the environment `base`.'),
  git_pillar_fallback: option(kind.text, '', 'The branch that stands for one that is not there.'),
  git_pillar_env: option(kind.text, '', 'The environment that the top files are of, whatever the branch.'),
  git_pillar_root: option(kind.treeFolder, '', 'The folder of the repositories that pillar trees are in.'),
  git_pillar_includes: option(
    kind.flag,
    true,
    'A pillar file may include those of other entries that are of the same environment.',
  ),
  git_pillar_update_interval: option(interval, 60, 'Seconds between two looks at a remote of pillar.'),
  git_pillar_ssl_verify: option(kind.flag, true, 'Whether the certificate of a remote (https) has to be good.'),
  git_pillar_privkey: option(kind.optional(kind.path), undefined, 'The private key that they are asked with (ssh).'),
  git_pillar_http_header_file: option(
    kind.optional(kind.path),
    undefined,
    'A file with a header for them (https), such as `Authorization: Bearer ...`; its text is shown nowhere.',
  ),
};
