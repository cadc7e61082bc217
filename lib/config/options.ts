import path from 'node:path';
import { findInGrains } from './grains.ts';
import { readBeacons } from '../beacons/read.ts';
import { readSchedule } from '../schedule/read.ts';
import { readOperators } from '../operators/read.ts';
import type { LogLevel } from '../log.ts';
import type { Directories } from './directories.ts';
import { findInPillarSources } from '../git/pillar-remotes.ts';
import { gitfs, gitPillar } from './git-options.ts';
import * as kind from './kinds.ts';
import { option, type Values } from './option.ts';
import { examineRules } from '../mine/access.ts';
import { readMineFunctions } from '../mine/definitions.ts';
import { mergeStrategies } from '../pillar-settings.ts';
import { findInNodegroups } from '../target/target.ts';
import { topStrategies } from '../tops.ts';

/* The one list of options. `docs/reference/config.md` is made from it. */

const defaultLevel: LogLevel | 'quiet' = 'info';

const forms = ['full', 'terse', 'mixed', 'changes', 'filter'] as const;

/** How the top files of several environments become one. */
const manyTops = {
  top_file_merging_strategy: option(
    kind.oneOf(...topStrategies),
    'merge',
    "Which top files count where several environments have one: `merge` (that of `base` for all environments that it names, each other environment's own for itself), `merge_all` (all for all), `same` (each for its own environment).",
  ),
  env_order: option(
    kind.listOf('a list of environments', kind.text),
    [],
    'The environments whose top files count, in this order; all, `base` first, when it is empty.',
  ),
  default_top: option(
    kind.text,
    'base',
    'With the strategy `same`: the environment whose top file is for those that have none.',
  ),
  state_top_saltenv: option(
    kind.optional(kind.text),
    undefined,
    'The only environment whose top file counts, for all environments.',
  ),
};

/** How pillar is made. */
const pillarMaking = {
  pillarenv: option(
    kind.optional(kind.text),
    undefined,
    'The only environment that pillar comes from, in place of all.',
  ),
  pillarenv_from_saltenv: option(
    kind.flag,
    false,
    'Pillar comes from the environment that states are from (`saltenv`).',
  ),
  pillar_source_merging_strategy: option(
    kind.oneOf(...mergeStrategies),
    'smart',
    'How files with the same keys are merged: `smart` and `recurse` (maps deeply), `overwrite` and `aggregate` (the later file wins, key by key), `none` (one environment only).',
  ),
  ext_pillar: option(
    kind.extPillarList,
    [],
    'Sources of pillar besides the pillar tree, asked one after the other; [what there is](ext_pillar.md).',
    { examine: findInPillarSources },
  ),
  ext_pillar_first: option(
    kind.flag,
    false,
    'They are asked before the files are read, which then see what they say, and go over it.',
  ),
  pillar_merge_lists: option(kind.flag, false, 'Lists of several pillar files are joined, not replaced.'),
  pillar_includes_override_sls: option(
    kind.flag,
    false,
    'What a pillar file includes goes over what it says itself, not under it.',
  ),
};

/** How the result of a state run is shown: the master's for `tsalt exec`, the minion's for `tsalt call`. */
const stateView = {
  state_output: option(
    kind.oneOf(...forms, 'full_id', 'terse_id', 'mixed_id', 'changes_id', 'filter_id'),
    'full',
    'How states are shown: a paragraph each (`full`), a line each (`terse`), a paragraph for those that failed (`mixed`) or that failed or changed something (`changes`) and a line for the rest, or as `state_output_terse` and `state_output_exclude` say (`filter`). With `_id` their id stands for their name.',
  ),
  state_verbose: option(kind.flag, true, 'Show states that were right already, too.'),
  state_output_diff: option(kind.flag, false, 'Show only states that changed something, would, or failed.'),
  state_output_pct: option(kind.flag, false, 'Say what share of the states succeeded and failed.'),
  state_output_profile: option(kind.flag, true, 'Show when each state began and how long it took, and the sum.'),
  state_output_exclude: option(
    kind.stateResults,
    [],
    "With `filter`: results whose states are not shown, such as `'True,None'`.",
  ),
  state_output_terse: option(kind.stateResults, [], 'With `filter`: results whose states are shown on one line.'),
  state_tabular: option(kind.flag, false, 'Put what is shown on one line in columns.'),
  state_compress_ids: option(
    kind.flag,
    false,
    'Show the states of one id (`names`) that ended alike as one, with their number.',
  ),
};

/** What a minion puts into the mine. */
const mining = {
  mine_functions: option(
    kind.freeMap,
    {},
    "Functions whose answers are kept at the master for other minions to read, in Salt's form; those of the pillar besides. See [the mine](../guides/mine.md).",
    { examine: (written) => readMineFunctions(written).findings },
  ),
  mine_interval: option(
    kind.wholeNumber('a whole number of minutes, from 1', 1),
    60,
    'Minutes between two updates of the mine; the first one comes when the minion is accepted.',
  ),
  mine_enabled: option(kind.flag, true, 'Update the mine by time.'),
  mine_return_job: option(kind.flag, false, 'Have what each of these updates came to among the jobs of the master.'),
};

export type StateViewConfig = Values<typeof stateView>;

/** What both daemons and `tsalt call` have. */
function shared(dirs: Directories, daemon: 'master' | 'minion') {
  return {
    root_dir: option(
      kind.path,
      '/',
      "Put before `pki_dir`, `cachedir`, `sock_dir`, `pidfile`, `log_file` and `audit_file`: a whole daemon's files under one directory. Other paths are taken as they stand, those of trees, reactors and returners, too.",
    ),
    cachedir: option(kind.path, path.join(dirs.state, daemon), 'What has to survive a restart: log, tables, caches.'),
    pki_dir: option(kind.path, path.join(dirs.config, 'pki', daemon), 'Keys.'),
    sock_dir: option(
      kind.path,
      dirs.run,
      'Sockets, and `master.json`, which names the ports really taken where 0 was asked for.',
    ),
    pidfile: option(kind.path, path.join(dirs.run, `${daemon}.pid`), 'Where the process number is written.'),
    log_file: option(kind.text, '', 'Where the log goes; empty for standard error.'),
    log_level: option(
      kind.logLevel,
      defaultLevel,
      "What is logged; Salt's other levels are read as the next of these.",
    ),
    log_levels: option(
      kind.logLevels,
      {},
      "Other levels for parts of the daemon, by the names that `component` has in the log's lines.",
    ),
    log_form: option(
      kind.oneOf('text', 'json'),
      'text',
      'How a line of the log is written: `text` for people (facts as key=value), or `json`, an object a line.',
    ),
    file_roots: option(
      kind.roots,
      { base: [path.join(dirs.trees, 'states')] },
      'State trees by environment; the first directory that has a file wins.',
    ),
    pillar_roots: option(
      kind.roots,
      { base: [path.join(dirs.trees, 'pillar')] },
      'Pillar trees by environment; the first directory that has a file wins.',
    ),
    ...pillarMaking,
    nodegroups: option(
      kind.mapOf(
        'a map from name to a compound target',
        kind.either('a compound target, or its words as a list', kind.text, kind.listOf('a list of words', kind.text)),
      ),
      {},
      'Named groups of minions, for `-N` and `N@`.',
      { examine: findInNodegroups },
    ),
    state_top: option(kind.path, 'top.sls', 'The file that says which states are whose.'),
    ...manyTops,
    timeout: option(kind.seconds, 5, 'Seconds that a command waits for answers before it asks after the job.'),
    'hosts.file': option(kind.path, '/etc/hosts', 'The hosts file that the host states manage.'),
    test: option(kind.flag, false, 'State runs only say what they would change.'),
    failhard: option(kind.flag, false, 'A state run ends at its first failure.'),
    state_aggregate: option(
      kind.either(
        'true, false or a list of state modules',
        kind.flag,
        kind.listOf('a list of state modules', kind.text),
      ),
      false,
      'States (all, or those of these modules) that can do in one go what later ones have to do, do it: `pkg.installed`, `pkg.removed`.',
    ),
    ...stateView,
    state_events: option(
      kind.flag,
      false,
      "Each state's result is an event, `salt/job/<jid>/prog/<id>/<number>`, as soon as it is there; the master's for all minions.",
    ),
    bundle_port: option(kind.port, 4507, 'Where bundles for new machines and `master_key` are fetched from (HTTP).'),
  };
}

export function masterOptions(dirs: Directories) {
  return {
    ...shared(dirs, 'master'),
    ...gitfs,
    ...gitPillar,
    interface: option(kind.text, '0.0.0.0', 'The address to listen on.'),
    publish_port: option(kind.port, 4505, 'Where jobs are published.'),
    metrics_port: option(
      kind.optional(kind.port),
      undefined,
      'Where `GET /metrics` tells figures of the master, for Prometheus; nowhere when it is not given.',
    ),
    metrics_interface: option(
      kind.text,
      '127.0.0.1',
      'The address that it is told at: anybody who reaches it reads them.',
    ),
    ret_port: option(kind.port, 4506, 'Where minions sign in and send what they have.', { alias: 'master_port' }),
    bundle_server: option(kind.flag, false, 'Serve bundles on `bundle_port`. `tsalt user-data` needs it.'),
    bundle_dir: option(kind.path, path.join(dirs.state, 'bundles'), 'The bundles to serve, each named by its SHA-256.'),
    user: option(
      kind.optional(kind.text),
      undefined,
      'The user the master should run as; starting as another is refused.',
    ),
    sock_group: option(
      kind.optional(kind.either('the name or number of a group', kind.text, kind.wholeNumber('a number', 0))),
      undefined,
      "The group whose members may use the master's control socket; that of the master's user unless it is said. Without `operators` each of them may do anything.",
    ),
    operators: option(
      kind.freeMap,
      {},
      'Who may ask for what at the control socket, by name: `keys` (lines of `tsalt operator keygen`) and `rules`; see [operators](../guides/operators.md). Empty: whoever can open the socket may do anything.',
      { examine: (written) => readOperators(written).findings },
    ),
    audit_file: option(
      kind.text,
      '',
      'The audit log: who asked for what at the control socket, and what came of it; empty for `audit.log` in `cachedir`.',
    ),
    audit_mb: option(
      kind.wholeNumber('a whole number of MiB, from 1', 1),
      64,
      'An audit log that would become larger, in MiB, is put aside under the number of its last line, and another one begun.',
    ),
    audit_keep: option(
      kind.wholeNumber('a whole number', 0),
      20,
      'So many audit logs that were put aside are kept; the oldest are deleted.',
    ),
    reactor: option(
      kind.reactorList,
      [],
      'Which files react to which events: a tag glob to `.sls`, `.ts`, `.js` files or `builtin:<name>`.',
    ),
    reactor_dir: option(kind.path, path.join(dirs.trees, 'reactor'), 'Where relative paths of `reactor` start.'),
    reactor_max_depth: option(
      kind.wholeNumber('a whole number from 1', 1),
      8,
      'A chain of events that feeds itself is cut after so many reactions.',
    ),
    returners: option(
      kind.freeMap,
      {},
      'Where returns and other events go besides: a map from a name to what it takes; [what there is](returners.md).',
    ),
    schedule: option(
      kind.freeMap,
      {},
      "Runner functions by time, in Salt's form; see [schedules](../guides/schedule.md).",
      { examine: (written) => readSchedule(written, {}).findings },
    ),
    'auth.unknown': option(
      kind.oneOf('reject', 'pend'),
      'reject',
      'What `builtin:auth` does with a minion that the registry does not know, or that is not starting.',
    ),
    'auth.reject_seconds': option(
      kind.seconds,
      60,
      'Seconds that a key stays rejected by a reactor: then the registry is asked anew as soon as its minion asks (within a minute). 0 for good, as a rejection by an operator is.',
    ),
    'auth.registry': option(
      kind.text,
      'builtin',
      'Who knows which machines were launched: `builtin`, or the URL of an HTTP endpoint that lists them.',
    ),
    'auth.allow_without_token': option(
      kind.flag,
      false,
      'Let `builtin:auth` accept a known, starting id for which no enrolment token was issued.',
    ),
    start_reactor: option(
      kind.oneOf('starting', 'always'),
      'starting',
      'Whether `builtin:start` configures only machines that are being launched, or every minion that starts.',
    ),
    'graphite.host': option(kind.text, '', 'Where `builtin:result` sends samples; empty for nowhere.'),
    'graphite.port': option(kind.port, 2003, "Graphite's plaintext port."),
    'graphite.whisper_dir': option(
      kind.text,
      '',
      "Graphite's whisper directory, where it is on this machine: a terminated machine's series are removed from it.",
    ),
    'graphite.prefix': option(kind.text, '', 'Put before every path.'),
    mine_access: option(
      kind.optional(kind.mineRules),
      undefined,
      'Which minions may read what of whom in the [mine](../guides/mine.md): a list of rules, each with `who` (a compound target), `may` (globs of entries) and `of` (a compound target; all when missing). Without the option every accepted minion may read all; with it, what no rule names may be read by nobody.',
      { examine: examineRules },
    ),
    max_minions: option(
      kind.wholeNumber('a whole number, 0 for no limit', 0),
      0,
      'More minions than this are told that the master is full.',
    ),
    worker_threads: option(
      kind.wholeNumber('a whole number from 1', 1, 256),
      2,
      'Processes that render reactor files, and as many that render pillar, which may wait for its sources.',
    ),
    pillar_cache: option(
      kind.flag,
      false,
      "A minion's pillar is not made again while the files of the pillar trees, its grains and what it asks for are the same; what `ext_pillar` and code say may be as old as `pillar_cache_ttl`.",
    ),
    pillar_cache_ttl: option(kind.seconds, 3600, 'How long a pillar counts, with `pillar_cache`.'),
    keep_jobs_seconds: option(kind.seconds, 86_400, 'How long jobs and returns are kept.'),
    keep_events_seconds: option(kind.seconds, 604_800, 'How long events are kept.'),
    keep_mb: option(
      kind.wholeNumber('a whole number of MiB, from 64', 64),
      1024,
      'What events and jobs may take on disk, in MiB: beyond it the oldest events are deleted first, and the oldest jobs while jobs alone take half of it.',
    ),
  };
}

export function minionOptions(dirs: Directories) {
  return {
    ...shared(dirs, 'minion'),
    id: option(
      kind.minionId,
      '',
      "The minion's name; else the text of `minion_id` beside the config file, else the host's name.",
    ),
    master: option(kind.text, 'salt', "The master's name or address."),
    master_port: option(kind.port, 4506, "The master's request port; the others it names itself."),
    master_key: option(
      kind.text,
      '',
      "What `tsalt key finger --master` prints: the master's CURVE key and fingerprint, to know it by.",
    ),
    trust_first_use: option(
      kind.flag,
      false,
      'Without a `master_key`: fetch it once from the bundle port, log it, keep it.',
    ),
    enrolment_token: option(kind.text, '', 'The single-use token that user-data brought.', { secret: true }),
    enrolment_token_file: option(kind.text, '', 'A file that holds the token; removed once the minion is accepted.'),
    root: option(
      kind.path,
      '/',
      'Manage the tree under this directory (an image being built, a sandbox) in place of the running system.',
    ),
    allow_commands_outside_root: option(
      kind.flag,
      false,
      'With `root`: commands run on the system itself, in the directory that `root` is (also as `TSALT_ROOT`), in place of being confined to it by chroot.',
    ),
    file_client: option(kind.oneOf('remote', 'local'), 'remote', 'Where states and pillar come from.'),
    saltenv: option(
      kind.optional(kind.text),
      undefined,
      'The only environment that states come from; without it the highstate is from all that the top files name, and files that are named are of `base`.',
      { alias: 'environment' },
    ),
    lock_saltenv: option(kind.flag, false, 'No run and no state may name another environment than `saltenv`.'),
    autoload_dynamic_modules: option(
      kind.flag,
      true,
      "State runs first fetch the operator's own code (`_modules`, `_states`, ...) from the state trees, where it has changed; a minion's start does, too.",
    ),
    clean_dynamic_modules: option(
      kind.flag,
      true,
      'What is no longer in the state trees of such code is gone on the minion, too.',
    ),
    grains: option(
      kind.freeMap,
      {},
      'Grains of your own. No key can be `constructor`, `prototype` or `__proto__`; a grain nests 14 deep at most.',
      { examine: (written) => findInGrains(written) },
    ),
    schedule: option(kind.freeMap, {}, "Functions by time, in Salt's form; see [schedules](../guides/schedule.md).", {
      examine: (written) => readSchedule(written, undefined).findings,
    }),
    beacons: option(
      kind.freeMap,
      {},
      "What is watched on this machine and told in events, in Salt's form; see [beacons](beacons.md).",
      { examine: (written) => readBeacons(written).findings },
    ),
    ...mining,
    collectors: option(
      kind.either('true, false, or a number of seconds', kind.flag, kind.seconds),
      false,
      'Collect load, cpu, memory, network and disk figures and send them as `collector/result` events; a number is the interval (true: 10).',
    ),
    process_count_max: option(
      kind.wholeNumber('a whole number from 1', 1),
      16,
      'Functions that run at once, each in a process of its own; more wait.',
    ),
  };
}

export type MasterConfig = Values<ReturnType<typeof masterOptions>>;
export type MinionConfig = Values<ReturnType<typeof minionOptions>>;
