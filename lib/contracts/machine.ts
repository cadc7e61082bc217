import type { Json, JsonMap } from '../json.ts';
import type { MasterStep, MasterStepResult, MasterView } from './orchestration.ts';

/*
 * What a state or an execution module may see and do of the machine it runs on. Paths are always the user's own absolute
 * ones: where the minion manages another tree (`root:`), the implementation puts the root in front, and nobody else knows.
 */

export interface FileFacts {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** When it was last read and written, in ms since 1970. */
  readonly atimeMs: number;
  readonly mtimeMs: number;
  /** When its content, owner, mode or name last changed. */
  readonly ctimeMs: number;
  /** The same for all hard links to one file, and for nothing else. */
  readonly identity: string;
  /** How many hard links lead to it. */
  readonly links: number;
  /** What a symbolic link points at, as written in it. */
  readonly target?: string;
  /** What kind of device or pipe it is. */
  readonly node?: Node;
}

/** A character device, a block device, or a named pipe, which has the numbers 0 and 0. */
export interface Node {
  readonly type: 'c' | 'b' | 'p';
  readonly major: number;
  readonly minor: number;
}

/** Reading files. All synchronous: a state run has a process of its own. Errors are Node's (`ENOENT`, `EACCES`, ...). */
export interface FileView {
  /** The thing at the path itself, not what a link there leads to; undefined when there is none. */
  look(path: string): FileFacts | undefined;
  /** What the path leads to, through links; undefined when there is none (also for a dangling link). */
  follow(path: string): FileFacts | undefined;
  read(path: string): Buffer;
  /** Names in a directory, sorted. */
  list(path: string): string[];
}

/** Users and groups by name or number. A number given as text (`'0'`) is a number. */
export interface AccountView {
  uid(user: string | number): number | undefined;
  gid(group: string | number): number | undefined;
  /** The name, or the number as text when nobody has it. */
  userName(uid: number): string;
  groupName(gid: number): string;
}

export interface PackageFacts {
  readonly version: string;
  /** `partial`: unpacked or half configured; `config-files`: what is left of one removed without purging. */
  readonly state: 'installed' | 'partial' | 'config-files';
  /** Set where it is to stay as it is: no upgrade and no dependency changes it. */
  readonly held?: boolean;
}

/** What the sources offer of one package. */
export interface PackageOffer {
  /** The version that would be installed now. */
  readonly candidate: string;
  /** All versions on offer, as the package manager lists them: the newest first. */
  readonly versions: readonly string[];
}

export interface OfferOptions {
  /** The release to prefer, such as `bookworm-backports`. */
  readonly release?: string | undefined;
  /**
   * Update the lists before: always (once a run), or only if some name is on offer nowhere. A view made for test mode
   * leaves them as they are.
   */
  readonly refresh?: 'always' | 'when missing' | 'never' | undefined;
  /** Lists that were updated less than this ago count as new, in milliseconds. */
  readonly validMs?: number | undefined;
}

/** The packages of a group, by how much they belong to it. */
export interface PackageGroup {
  readonly mandatory: readonly string[];
  readonly default: readonly string[];
  readonly optional: readonly string[];
}

export interface PackageView {
  /** Whose packages these are: dpkg's, by apt, or rpm's, by dnf. How versions are compared goes by it. */
  readonly manager: 'apt' | 'dnf';
  /** Undefined when there is a package database to read here; else the reason why not, as a sentence. */
  readonly unavailable: string | undefined;
  /** Undefined when packages can be installed and removed here; else why not: "that takes root". */
  readonly unchangeable: string | undefined;
  /** The lists of what is on offer were updated in this run. */
  readonly updated: boolean;
  /** Has to be over before `installed` and `all` are asked: rpm's database takes a process to read, dpkg's takes none. */
  ready(): Promise<void>;
  /** What is known of a package, `name` or `name:arch` (`name.arch` of rpm); the database is read once a run. */
  installed(name: string): PackageFacts | undefined;
  /** Everything that is known, by name; foreign architectures as `name:arch` (`name.arch`). */
  all(): ReadonlyMap<string, PackageFacts>;
  /** What the sources offer, asked in one go; a package that no source has is missing in the answer. */
  offers(names: readonly string[], options?: OfferOptions): Promise<ReadonlyMap<string, PackageOffer>>;
  /** What an upgrade of everything would change; `full`: also what takes other packages away. */
  upgrades(full: boolean, options?: OfferOptions): Promise<ReadonlyMap<string, { old: string; new: string }>>;
  /** Files of installed packages that are not as they were delivered, by package: their paths and what differs. */
  altered(names: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** What a package file holds; undefined when it is none. */
  describe(file: { path: string } | { content: Buffer }): Promise<{ name: string; version: string } | undefined>;
  /** Versions whose files are in the cache, by name. */
  downloaded(): ReadonlyMap<string, readonly string[]>;
  /** A group of packages (of dnf); undefined where no source has it. */
  group(name: string): Promise<PackageGroup | undefined>;
}

export interface ServiceFacts {
  /** A unit file or generated unit of that name exists. */
  readonly exists: boolean;
  readonly running: boolean;
  readonly enabled: boolean;
  readonly masked: boolean;
  /** The unit has no [Install] section: it can be neither enabled nor disabled. */
  readonly static: boolean;
}

export interface ServiceView {
  /** Undefined when unit files can be read and enabled here; else the reason why not, as a sentence. */
  readonly unavailable: string | undefined;
  /** Undefined when units can be started and stopped here; else why not: "systemd is not running here (PID 1 is X)". */
  readonly notRunning: string | undefined;
  look(unit: string): Promise<ServiceFacts>;
  /** Names of all units there are (`ssh.service`), sorted. */
  names(): Promise<readonly string[]>;
}

/** A command: an argument array, or text for a shell where a person wrote it as such (`cmd.run`). */
export interface Command {
  readonly argv: readonly string[];
  /** The home directory of who runs it, or `/`, when undefined. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The user to run as, by name or number. */
  readonly runas?: string | number;
  readonly umask?: number;
  readonly stdin?: string | Buffer;
  /**
   * A program's text, or what a program is to look at. It is put into a file of its own that only the user it runs as can
   * read, whose path becomes the last of `argv`; the file is removed when the command has ended.
   */
  readonly script?: Buffer;
  /**
   * Where that file is made, in place of the system's directory for temporary files, and its name, or what that ends in, for
   * programs that go by it.
   */
  readonly scriptFile?: {
    readonly directory?: string | undefined;
    readonly name?: string | undefined;
    readonly ending?: string | undefined;
  };
  /** Milliseconds; then the whole process group is killed. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  readonly pid: number;
  /** Exit code, or 128 + the signal's number. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Output past the limit was dropped. */
  readonly truncated: boolean;
}

export interface Processes {
  /** Runs a command to its end. Raises only when it can't be started at all. */
  run(command: Command): Promise<CommandResult>;
}

/** The execution functions, as far as a state has to know of them before it plans to call one. */
export interface FunctionView {
  /** Why one can't be called like this (there is none of that name, its arguments don't fit), as a sentence; else undefined. */
  whyNot(fun: string, args: readonly Json[], kwargs: JsonMap): Promise<string | undefined>;
}

/** Files of the state tree. */
export interface SourceView {
  /** The bytes of `salt://path`; raises `TS_STATE_NO_SOURCE` when the tree has no such file. */
  read(url: string): Buffer | Promise<Buffer>;
  /** Paths of all files below `salt://path`, or of the whole tree (`salt://`), relative to it, sorted; empty directories end in `/`. */
  list(url: string): readonly string[] | Promise<readonly string[]>;
  /** Permission bits of `salt://path`, for states that keep them; undefined where the tree does not know them. */
  mode?(url: string): number | undefined | Promise<number | undefined>;
}

export interface DownloadOptions {
  /** False: whoever answers is believed to be who was asked. */
  readonly verifyTls?: boolean | undefined;
  /** The tag that a copy came with which is here already; `unchanged` is then an answer. */
  readonly etag?: string | undefined;
}

export type Download = { readonly content: Buffer; readonly etag?: string | undefined } | 'unchanged';

/** What web servers give. */
export interface DownloadView {
  /**
   * The bytes at an `http://` or `https://` address, through a bounded number of redirections, in bounded time and size.
   * They are anybody's until their hash was checked. Raises `TS_DOWNLOAD_...`.
   */
  get(url: string, options?: DownloadOptions): Promise<Download>;
}

/** A state that another one requires. */
export interface Required {
  readonly fun: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** False: its own conditions kept it from running. */
  readonly ran: boolean;
}

/** Everything that `read` of a state may look at. */
export interface Reading {
  readonly id: string;
  /** The present, in ms since 1970. */
  now(): number;
  readonly grains: JsonMap;
  readonly pillar: JsonMap;
  readonly opts: JsonMap;
  readonly files: FileView;
  readonly accounts: AccountView;
  readonly packages: PackageView;
  readonly services: ServiceView;
  /** The environment that `sources` and templates are from. */
  readonly saltenv: string;
  readonly sources: SourceView;
  /** What differs in another environment. */
  inEnvironment(saltenv: string): Pick<Reading, 'sources' | 'render'>;
  readonly downloads: DownloadView;
  readonly processes: Processes;
  /** The environment that commands of this run get. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * What a command that only looks (`iptables-save`) gives: asked once, and again only after a step that may have changed
   * it, which steps on files are not. In test mode, what steps so far foretell of it.
   */
  ask(command: Command): Promise<CommandResult>;
  /** Undefined where nothing can be called. */
  readonly functions?: FunctionView | undefined;
  /** In an orchestration; undefined on a minion. */
  readonly master?: MasterView | undefined;
  /**
   * Renders the text of a template (Handlebars) with `grains`, `pillar`, `opts`, the state's own names and `context`.
   * `name` is shown in errors.
   */
  render(template: string, name: string, context: JsonMap): string;
  /** The states that the one being read requires (`require_in` of others included), in the order they run in. */
  readonly required?: readonly Required[];
  /** The states that require the one being read. */
  readonly requiredBy?: readonly { readonly fun: string; readonly name: string }[];
}

/*
 * Steps: what a plan wants done, as data. One interpreter does them for real (`minion/machine`); in test mode another
 * lays them over what later states read.
 */

export interface Ownership {
  /** Left as it is, or as the system makes it, when undefined. */
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

export type FileStep =
  /** Whole or not at all; keeps the old owner and mode where none are given. */
  | ({ readonly do: 'write'; readonly path: string; readonly content: Buffer } & Ownership)
  /** Parents that have to be made get the same owner and mode. */
  | ({ readonly do: 'mkdir'; readonly path: string; readonly parents?: boolean | undefined } & Ownership)
  /** Takes the place of a file or link that is there. */
  | {
      readonly do: 'symlink';
      readonly path: string;
      readonly target: string;
      readonly uid?: number | undefined;
      readonly gid?: number | undefined;
    }
  /** One more name for the file at `target`; takes the place of a file or link that is there. */
  | { readonly do: 'hardlink'; readonly path: string; readonly target: string }
  /** A device or pipe, where nothing is. */
  | ({ readonly do: 'node'; readonly path: string } & Node & Ownership)
  /** A file, link or whole directory gets this path, with its owner, mode and times; takes the place of a file or link. */
  | { readonly do: 'rename'; readonly path: string; readonly from: string }
  /** A file, link or whole directory. */
  | { readonly do: 'remove'; readonly path: string }
  | ({ readonly do: 'own'; readonly path: string } & Ownership)
  /** Sets the times of what the path leads to, in ms since 1970; the present where none is given. */
  | {
      readonly do: 'touch';
      readonly path: string;
      readonly atimeMs?: number | undefined;
      readonly mtimeMs?: number | undefined;
    };

export type PackageStep = {
  readonly do: 'packages';
  /** All of it is one transaction. A version of undefined is the candidate; `file` is the package itself, on this machine. */
  readonly install: readonly {
    readonly name: string;
    readonly version?: string | undefined;
    readonly file?: string | undefined;
  }[];
  readonly remove: readonly string[];
  /** What is removed goes with its configuration files. */
  readonly purge?: boolean;
  /** Update the lists first, if that was not done in this run. */
  readonly refresh?: boolean;
  /** The release to prefer, such as `bookworm-backports`. */
  readonly release?: string | undefined;
  /** Whether to install what is recommended, too; left to the system's configuration when undefined. */
  readonly recommends?: boolean | undefined;
  /** Every package becomes as new as the sources have it; `full`: also where that takes others away. */
  readonly upgrade?: 'safe' | 'full' | undefined;
  /** Packages that are let go before all else, and those that are held after it. */
  readonly unhold?: readonly string[] | undefined;
  readonly hold?: readonly string[] | undefined;
  /** Only into the cache. */
  readonly downloadOnly?: boolean | undefined;
  /** What is installed is only upgraded, what is not stays away. */
  readonly onlyUpgrade?: boolean | undefined;
  /** Those of this version are installed over themselves. */
  readonly reinstall?: boolean | undefined;
  /** Also what nobody has signed. */
  readonly unverified?: boolean | undefined;
  /** Configuration files that were changed here become the package's. */
  readonly newConfig?: boolean | undefined;
};

export type ServiceStep = {
  readonly do: 'service';
  readonly unit: string;
  readonly action: 'start' | 'stop' | 'restart' | 'reload' | 'enable' | 'disable' | 'mask' | 'unmask';
  /** Milliseconds to wait afterwards before looking whether it runs. */
  readonly delayMs?: number | undefined;
};

export type CommandStep = {
  readonly do: 'run';
  readonly command: Command;
  /** It has to end with code 0: else the step fails with the command's last words. */
  readonly must?: boolean | undefined;
  /** Its standard output is written to this file, after `head`, once it has ended with code 0. */
  readonly into?: { readonly path: string; readonly head?: string } | undefined;
  /** What stands in front of these words. */
  readonly complaint?: string | undefined;
  /** What it does to files that later states may read, as far as that can be told before: for test mode alone. */
  readonly foretells?: readonly FileStep[] | undefined;
  /** What `ask` will be answered afterwards, as far as that can be told before: for test mode alone. */
  readonly answers?: readonly Answer[] | undefined;
};

/** The standard output of a command that looks. */
export interface Answer {
  readonly command: Command;
  readonly stdout: string;
}

/** Calls an execution function, such as `event.send`. */
export type CallStep = {
  readonly do: 'call';
  readonly fun: string;
  readonly args: readonly Json[];
  readonly kwargs: JsonMap;
};

/** Sets variables of the environment for all commands after it in this run; null takes one away. */
export type EnvironmentStep = {
  readonly do: 'setenv';
  readonly values: Readonly<Record<string, string | null>>;
};

/** States after this one see this value of a grain, whatever it was when the run began; none where it is undefined. */
export type GrainStep = {
  readonly do: 'grain';
  readonly name: string;
  readonly value: Json | undefined;
};

/** What is expected of a text: one of these is in it (or with `whole` is all of it), or this pattern fits. */
export type Expectation = { readonly oneOf: readonly string[]; readonly whole: boolean } | { readonly pattern: string };

/** A question to a web server, asked until its answer is what is expected or the time is up. */
export type QueryStep = {
  readonly do: 'query';
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** False: whoever answers is believed to be who was asked. */
  readonly verifyTls: boolean;
  /** Milliseconds for one answer. */
  readonly timeoutMs: number;
  /** How long to ask again, and how long to wait in between, in milliseconds; once where `waitMs` is 0. */
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly expected: { readonly status?: Expectation | undefined; readonly text?: Expectation | undefined };
};

export type Step =
  | FileStep
  | PackageStep
  | ServiceStep
  | CommandStep
  | CallStep
  | EnvironmentStep
  | GrainStep
  | QueryStep
  | MasterStep;

/** What came of a step that is worth reporting. */
export type StepResult =
  | { readonly did: 'run'; readonly result: CommandResult }
  | {
      readonly did: 'packages';
      /** `{name: {old, new}}` of all that changed, dependencies included; versions, empty for absent. */
      readonly changed: Readonly<Record<string, { readonly old: string; readonly new: string }>>;
      /** Why it did not all come about: the package manager's own words. */
      readonly failed?: string | undefined;
    }
  /** What the function gave, and the code by which it says that it failed: 0 for well. */
  | { readonly did: 'call'; readonly fun: string; readonly answer: Json; readonly retcode: number }
  | { readonly did: 'service' }
  | { readonly did: 'environment' }
  | { readonly did: 'grain' }
  | {
      readonly did: 'query';
      /** Undefined where nobody answered: then `error` says why. */
      readonly status: number | undefined;
      readonly text: string;
      readonly error?: string | undefined;
    }
  | { readonly did: 'files' }
  | MasterStepResult;

/** What later states of a test run read: the machine, with what was planned so far laid over it. */
export interface Foreseen extends Reading {
  /** Takes a step as done. Raises nothing; what can't be known of its effect stays as it is. */
  lay(step: Step): void;
}

/** The real thing: can be read, and changed step by step. */
export interface Machine extends Reading {
  /** Does one step. Raises when it can't be done; what it began on files is then undone or was never visible. */
  perform(step: Step): Promise<StepResult> | StepResult;
}
