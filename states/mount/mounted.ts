import * as v from 'valibot';
import type { Reading, Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import { lookThrough } from '../../lib/links.ts';
import { lacking } from '../../lib/programs.ts';
import { accountName } from '../../lib/system/account-names.ts';
import {
  mountedLine,
  mountinfo,
  parseFstab,
  readFstab,
  readMounted,
  type Fstab,
  type Mounted,
} from '../../lib/system/mounts.ts';
import * as arg from './args.ts';
import { isDevice } from './device.ts';
import { findEntry, planEntry } from './fstab.ts';
import { missingOptions } from './options.ts';

const args = v.strictObject({
  name: arg.place,
  device: arg.device,
  fstype: arg.fstype,
  opts: arg.opts,
  mkmnt: v.optional(v.boolean(), false),
  dump: arg.number,
  pass_num: arg.number,
  config: arg.config,
  persist: v.optional(v.boolean(), true),
  mount: v.optional(v.boolean(), true),
  user: v.optional(accountName),
  match_on: arg.matchOn,
  device_name_regex: arg.words,
  hidden_opts: arg.words,
  extra_mount_invisible_options: arg.words,
  extra_mount_invisible_keys: arg.words,
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string | undefined;
  /** Undefined where no kernel tells. */
  readonly all: readonly Mounted[] | undefined;
  /** What is mounted there now. */
  readonly active: Mounted | undefined;
  readonly rightDevice: boolean;
  /** Options that it does not have. */
  readonly missing: readonly string[];
  readonly fstab: Fstab;
  /** The place itself, through links. */
  readonly path: string;
  readonly there: boolean;
}

/** Their options can't be changed while they are mounted. */
const notRemounted = (fstype: string): boolean => fstype === 'nfs' || fstype === 'cvfs' || fstype.startsWith('fuse');

export default defineState<typeof args, Facts>({
  summary: 'A file system is mounted at a place, now and at each start.',
  example: `
/srv/scratch:
  mount.mounted:
    - device: tmpfs
    - fstype: tmpfs
    - opts: size=64m,mode=0755
    - mkmnt: True
`,
  args,
  reads: ['files', 'accounts'],

  check({ opts, device_name_regex: patterns }) {
    if (/(^|,)pass(word|wd)?=/.test(opts))
      return "'opts' has a password in it, for all to see: give a file, credentials=...";
    const odd = patterns.find((pattern) => !isPattern(pattern));
    return odd === undefined ? undefined : `device_name_regex ${odd} is no regular expression`;
  },

  read(given, machine) {
    const { files, accounts } = machine;
    const fstab = readFstab(files, given.config);
    const all = readMounted(files);
    const found = lookThrough(files, given.name);
    const path = found?.path ?? given.name;
    const active = all?.findLast(({ point }) => point === path);
    const at = findEntry(fstab, entryOf(given), ['name']);
    const noted = given.persist ? (parseFstab(fstab.lines[at] ?? '')?.opts.split(',') ?? []) : undefined;
    const hidden = [...given.hidden_opts, ...given.extra_mount_invisible_options, ...given.extra_mount_invisible_keys];
    return {
      problem: problemOf(given, all, found !== undefined, machine),
      all,
      active,
      rightDevice: active !== undefined && isDevice(given, active, all ?? [], files),
      missing: active ? missingOptions({ ...given, hidden }, active.opts, noted, accounts) : [],
      fstab,
      path,
      there: found?.there !== undefined,
    };
  },

  plan(given, facts) {
    if (facts.problem !== undefined) return impossible(facts.problem);
    const now = given.mount ? planMount(given, facts) : planPlace(given, facts);
    if (now.impossible === true || !given.persist) return now;
    const { kind, steps } = planEntry(facts.fstab, entryOf(given), given.match_on);
    const right = now.steps.length === 0;
    if (kind === 'present') {
      const more = '. Entry already exists in the fstab.';
      return { ...now, comment: `${now.comment}${more}`, ...(right ? {} : { done: `${now.done ?? ''}${more}` }) };
    }
    const noted =
      kind === 'new'
        ? 'needs to be written to the fstab in order to be made persistent'
        : 'its fstab entry must be updated';
    const planned = right
      ? `${given.name}${given.mount ? ' is mounted, but' : ':'} ${noted}`
      : `${now.comment}, and ${noted}`;
    const done = kind === 'new' ? 'Added new entry to the fstab.' : 'Updated the entry in the fstab.';
    return {
      changes: { ...now.changes, persist: kind },
      comment: `${planned}.`,
      done: `${now.done ?? now.comment}. ${done}`,
      steps: [...now.steps, ...steps],
    };
  },

  /** Salt's mod_watch: mounted again with the options it has. */
  refresh({ name, user }, { active, path, problem }) {
    if (problem !== undefined || !active) return impossible(problem ?? `${name} is not mounted`);
    const step = run(['mount', '-o', 'remount', '--', path], user, []);
    return {
      changes: { [name]: true },
      comment: `${name} would be remounted`,
      done: `${name} remounted`,
      steps: [step],
    };
  },
});

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function entryOf({ name, device, fstype, opts, dump, pass_num: pass }: Args) {
  return { name, device, fstype, opts, dump: String(dump), pass: String(pass) };
}

function problemOf(
  { name, mount, user }: Args,
  all: readonly Mounted[] | undefined,
  findable: boolean,
  { files, accounts }: Reading,
): string | undefined {
  if (!findable) return `${name} is a circle of symbolic links`;
  if (user !== undefined && accounts.uid(user) === undefined) return `User ${user} does not exist`;
  if (!mount) return undefined;
  if (!all) return `${name} can't be mounted: no kernel runs here. 'mount: False' writes the fstab alone`;
  return lacking(files, 'mount', 'Mounting', 'mount');
}

/** Without mounting: just the directory. */
function planPlace({ name, mkmnt }: Args, { there, path }: Facts): Plan {
  if (there) return alreadyRight(`${name} not mounted`);
  if (!mkmnt) return alreadyRight(`${name} not present and not mounted`);
  return {
    changes: { mkmnt: true },
    comment: `${name} would be created, but not mounted`,
    done: `${name} was created, not mounted`,
    steps: [{ do: 'mkdir', path, parents: true }],
  };
}

function planMount(given: Args, facts: Facts): Plan {
  const { name, device, fstype, mkmnt } = given;
  const { active, path, there, rightDevice, missing } = facts;
  if (!active) {
    if (!there && !mkmnt) return impossible(`Mount directory is not present: ${name}`);
    return {
      changes: { mount: true },
      comment: there ? `${name} would be mounted` : `${name} would be created and mounted`,
      done: 'Target was successfully mounted',
      steps: [...(there ? [] : [{ do: 'mkdir', path, parents: true } as const]), mountStep(given, facts)],
    };
  }
  if (!rightDevice) {
    return {
      changes: {
        umount: `Forced unmount because devices don't match. Wanted: ${device}, current: ${active.device}`,
        mount: true,
      },
      comment: `An umount would have been forced because devices do not match. Watched: ${device}`,
      done: 'Target was successfully mounted',
      steps: [unmountStep(given, facts), mountStep(given, facts)],
    };
  }
  if (missing.length === 0) return alreadyRight('Target was already mounted');
  const which = [...missing].sort().join(',');
  const again = notRemounted(fstype);
  return {
    changes: { umount: `Forced ${again ? 'unmount and mount' : 'remount'} because options (${which}) changed` },
    comment: `Remount would be forced because options (${which}) changed`,
    done: 'Target was already mounted',
    steps: again ? [unmountStep(given, facts), mountStep(given, facts)] : [mountStep(given, facts, true)],
  };
}

function mountStep(given: Args, { all = [], path }: Facts, remount = false): Step {
  const { device, fstype, opts, user } = given;
  const options = remount ? `remount,${opts}` : opts;
  const line = mountedLine({ point: path, device, fstype, number: '0:0', root: '/', opts: opts.split(',') });
  const others = all.filter(({ point }) => point !== path).map((one) => one.line);
  return run(['mount', '-t', fstype, '-o', options, '--', device, path], user, [...others, line]);
}

function unmountStep({ user }: Args, { all = [], path }: Facts): Step {
  return run(
    ['umount', '--', path],
    user,
    all.filter(({ point }) => point !== path).map((one) => one.line),
  );
}

/** A command, after which these lines tell what is mounted; none where nothing changes. */
function run(argv: readonly string[], user: string | undefined, lines: readonly string[]): Step {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return {
    do: 'run',
    command: { argv, ...(user === undefined ? {} : { runas: user }) },
    must: true,
    foretells: lines.length === 0 ? [] : [{ do: 'write', path: mountinfo, content }],
  };
}
