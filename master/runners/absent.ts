/*
 * Of Salt's runners: functions and arguments that are not here, and what to do in their place. The error for one says so,
 * and the page `runners.md`.
 */

const notAsked = 'no minion is asked, so nothing is waited for: a session is what counts';
const asFile = 'a pillar in files is decrypted by its own renderer; what is laid over it is plain';
const launching = "'tsalt user-data ID' makes what a machine that you launch starts its minion with";
const orchestrations =
  "'state.orchestrations' shows how far one is; 'fail_minions', 'failhard' and requisites say where it ends";

const noLocks = 'there are no locks: whoever updates a git remote leaves none behind';
const kept = "'cache.grains', 'cache.pillar' and 'cache.mine' show what is kept of minions";

/** By function, or by module with `.*`. */
export const absentRunners: Readonly<Record<string, string>> = {
  'manage.safe_accept':
    "minions are not reached by ssh: 'tsalt key finger ID' here and the minion's own log tell its fingerprint, and 'tsalt key accept ID' accepts it once they are the same; a token in its user-data accepts it without anybody looking",
  'manage.key_regen': "'tsalt key delete ID' forgets a key; a minion whose 'pki_dir' was emptied makes itself another",
  'manage.bootstrap': launching,
  'manage.bootstrap_psexec': 'tsalt manages Linux',
  'jobs.master': "'state.orchestrations' shows what the master runs",
  'state.event': "'tsalt event listen TAG' shows events as they come",
  'state.pause': orchestrations,
  'state.set_pause': orchestrations,
  'state.resume': orchestrations,
  'state.rm_pause': orchestrations,
  'state.soft_kill': orchestrations,
  'doc.*':
    "'tsalt run' without a function lists them, 'tsalt run FUNCTION --help' tells of one; 'sys.doc' is for minions",
  'cache.clear_git_lock': noLocks,
  'cache.*': kept,
  'fileserver.symlink_list':
    "a link is served as what it leads to: 'fileserver.file_list' has it, and one that leads nowhere is not there",
  'fileserver.clear_cache': "'fileserver.update' asks the git remotes, and fetches what is missing",
  'fileserver.lock': noLocks,
  'fileserver.clear_lock': noLocks,
  'pillar.show_pillar_cache': "'pillar.show_pillar MINION' shows what is kept of it with 'pillar_cache'",
  'cloud.*': launching,
  'ssh.*': "minions are reached by their own connection: 'salt.execute'",
  'config.*': "'config.values' shows the master's config",
};

const show_ip = "'cache.grains' has the addresses of minions";

/** By function, or by module with `.*`. */
export const absentArguments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'manage.*': { show_ip },
  'manage.up': { timeout: notAsked, gather_job_timeout: notAsked },
  'manage.down': {
    timeout: notAsked,
    gather_job_timeout: notAsked,
    removekeys: "'tsalt key delete ID' forgets a key",
  },
  'manage.status': { timeout: notAsked, gather_job_timeout: notAsked, output: 'the answer is the status in any case' },
  'state.*': { pillar_enc: asFile, queue: 'orchestrations run beside each other' },
};

/** What to do in place of a function of Salt's; undefined where Salt has none either. */
export function insteadOf(fun: string): string | undefined {
  return own(absentRunners, fun) ?? own(absentRunners, `${fun.split('.')[0] ?? ''}.*`);
}

/** Why a function does not take an argument that Salt's does. */
export function insteadOfArgument(fun: string, name: string): string | undefined {
  const [ofFunction, ofModule] = [fun, `${fun.split('.')[0] ?? ''}.*`].map((key) => own(absentArguments, key) ?? {});
  return own(ofFunction ?? {}, name) ?? own(ofModule ?? {}, name);
}

function own<Value>(map: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
