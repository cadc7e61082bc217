/*
 * Of Salt's execution functions: those that are not here, and what to do in their place. The error for one says so, and the
 * page `modules.md`.
 */

const commands =
  'a minion commands nobody: a reactor answers its event (event.send), or an orchestration has minions run functions';
const noJobsKept = "a minion keeps no jobs that are over: 'tsalt run jobs.lookup_jid JID' asks the master";

/** By function, or by module with `.*`. */
export const absentExecutions: Readonly<Record<string, string>> = {
  'publish.*': `${commands}; mine.get reads what other minions have told`,
  'saltutil.cmd': commands,
  'saltutil.cmd_iter': commands,
  'saltutil.runner': commands,
  'saltutil.wheel': commands,
  'saltutil.find_cached_job': noJobsKept,
  'saltutil.clear_job_cache': noJobsKept,
  'saltutil.list_extmods': "sys.list_modules has the operator's own, too",
  'saltutil.regen_keys': "stop the minion, remove the files of 'pki_dir', and have the new key accepted",
  'saltutil.revoke_auth': "'tsalt key delete ID' at the master forgets the key of a minion",
  'saltutil.mmodule': "state.apply takes 'saltenv'",
  'event.fire': 'a minion has no events of its own: event.send sends one to the master',
};

/** What to do in place of a function of Salt's; undefined where Salt has none either. */
export function insteadOf(fun: string): string | undefined {
  return [fun, `${fun.split('.')[0] ?? ''}.*`]
    .filter((name) => Object.hasOwn(absentExecutions, name))
    .map((name) => absentExecutions[name])[0];
}
