import type { Client } from '../runners.ts';

/*
 * Functions of the master that only look: they change nothing and begin nothing. Templates of orchestrations, which are
 * rendered before anything is done and perhaps more than once, may call these.
 */

const reading: Readonly<Record<Client, readonly RegExp[]>> = {
  runner: [
    /^jobs\.\w+$/,
    /^manage\.\w+$/,
    /^cache\.(grains|pillar|mine)$/,
    /^(instances|reactor|returner|schedule)\.list$/,
    /^reactor\.(why|dead)$/,
    /^mine\.get$/,
    /^pillar\.(show_pillar|show_top)$/,
    /^fileserver\.(envs|file_list|dir_list|empty_dir_list|remotes)$/,
    /^state\.(orchestrations|orchestrate_show_sls|orch_show_sls)$/,
    /^test\.arg$/,
    /^master\.stats$/,
  ],
  wheel: [/^key\.(list_all|finger)$/, /^config\.values$/, /^file_roots\.\w+$/],
};

/** Whether a built-in function only looks. */
export function onlyLooks(client: Client, fun: string): boolean {
  return reading[client].some((fits) => fits.test(fun));
}
