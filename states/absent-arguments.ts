/*
 * Arguments of Salt's functions that are not taken here, and why: the error for such an argument says so, and the page
 * `coverage.md`, which can't be made while one has no reason.
 */

const windows = 'it is for Windows';
const signatures = "signatures of sources are not checked; 'source_hash' says what a source has to be";
const links = 'links in a state tree are followed: what they lead to is copied';
const pipWithout = 'pip itself has it no longer';
const account = 'accounts are those of this machine in any case';
const agentless = 'minions are reached by their own connection';
const returners = "what minions return is kept by the master: 'tsalt run jobs.lookup_jid JID'";
const mask = "a mask until the next start is for a 'cmd.run' of 'systemctl mask --runtime'";
const held = 'a package is held in the version that it has';
const mounts = "'extra_mount_invisible_options' and 'extra_mount_invisible_keys' say what is not compared";
const chroot = "the minion's own 'root' manages another tree; 'chroot' can stand in the command";

/** By the argument alone. */
const anywhere: Readonly<Record<string, string>> = {
  win_owner: windows,
  win_perms: windows,
  win_deny_perms: windows,
  win_inheritance: windows,
  win_perms_reset: windows,
  use_vt: "nobody is at a terminal; what a command prints is in the state's changes",
  signature: signatures,
  source_hash_sig: signatures,
  signed_by_any: signatures,
  signed_by_all: signatures,
  keyring: signatures,
  gnupghome: signatures,
};

/** By function, or by all functions of a module. */
const ofFunctions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  archive: {
    password: 'archives that are encrypted are not unpacked',
    list_options: 'the list of what is in it is read here, by no program',
    use_cmd_unzip: 'zip files are unpacked here, by no program',
  },
  'cmd.run': { root: chroot, ignore_timeout: 'a command is waited for; what is to run on is a service' },
  'cmd.script': { password: windows },
  'cmd.wait': { root: chroot },
  'cmd.watch': { root: chroot },
  'cron.file': { backup: 'the changes show what was in the crontab' },
  environ: {
    permanent: windows,
    update_minion: 'a run has a process of its own, with the commands that it starts',
  },
  event: {
    preload: 'what an event says stands in its data',
    with_env: 'what an event says stands in its data',
  },
  'file.keyvalue': { search_only: 'a state that only looks changes nothing: that is what test mode is for' },
  'file.patch': { reject_file: 'a patch that does not fit changes nothing, so that nothing of it is left over' },
  'file.recurse': { sym_mode: links, keep_symlinks: links, force_symlinks: links },
  'file.retention_schedule': { timezone: "times are those of the machine's own clock" },
  'file.symlink': { disallow_copy_and_unlink: 'what is in the way is renamed beside itself, and not copied' },
  gem: { ruby: "'gem_bin' names the gem of another Ruby" },
  git: { password: windows, output_encoding: 'what git prints is UTF-8' },
  group: { local: account },
  'mount.fstab_present': { fs_mount: 'it is for AIX' },
  'mount.mounted': {
    extra_mount_ignore_fs_keys: mounts,
    extra_mount_translate_options: mounts,
    bind_mount_copy_active_opts: mounts,
  },
  pip: {
    pip_bin: "'bin_env' names the environment or its pip",
    use_wheel: pipWithout,
    no_use_wheel: pipWithout,
    repo: "'editable' takes the address of a repository, such as git+https://example.org/app.git#egg=app",
    mirrors: pipWithout,
    build: pipWithout,
    download: "it installs nothing; 'cmd.run' of 'pip download' does it",
    download_cache: pipWithout,
    source: "'editable' packages are put where pip puts them",
    no_install: pipWithout,
    no_download: pipWithout,
    install_options: pipWithout,
    allow_all_external: pipWithout,
    allow_external: pipWithout,
    allow_unverified: pipWithout,
    process_dependency_links: pipWithout,
    requirements: "'pkgs' names what is removed",
    log: "what pip said stands in the state's comment where it failed",
  },
  'pkg.held': { version: held },
  'pkg.unheld': { version: held },
  'pkg.latest': { watch_flags: 'it is for Gentoo' },
  pkgrepo: { copr: "'baseurl' names the repository" },
  postgres_database: { owner_recurse: "'REASSIGN OWNED' of psql(1) does it, once" },
  'service.masked': { runtime: mask },
  'service.unmasked': { runtime: mask },
  salt: {
    ssh: agentless,
    roster: agentless,
    ret: returners,
    ret_config: returners,
    ret_kwargs: returners,
    fail_function: "a function that fails says so by its code, or by 'false'",
    node: "it is the master's events that are waited for",
  },
  ssh_auth: { fingerprint_hash_type: 'keys are compared whole' },
  user: {
    local: account,
    loginclass: 'it is for BSD',
    win_homedrive: windows,
    win_profile: windows,
    win_logonscript: windows,
    win_description: windows,
  },
  virtualenv: {
    distribute: pipWithout,
    use_wheel: pipWithout,
    no_use_wheel: pipWithout,
    never_download: pipWithout,
    pip_download: pipWithout,
    pip_download_cache: pipWithout,
    process_dependency_links: pipWithout,
  },
};

/** Why a function does not take an argument that Salt's does; undefined where Salt's does not either. */
export function whyAbsent(fun: string, argument: string): string | undefined {
  const [module = fun] = fun.split('.');
  return [ofFunctions[fun], ofFunctions[module], anywhere].find(
    (reasons) => reasons && Object.hasOwn(reasons, argument),
  )?.[argument];
}
