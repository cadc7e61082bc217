import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { PathFacts, SeenChange } from '../lib/contracts/beacon.ts';
import type { Machine, Step } from '../lib/contracts/machine.ts';
import { isMap } from '../lib/json.ts';
import { factsAt } from './path-facts.ts';
import { runningStates } from './state-lock.ts';

/*
 * What state runs do to this machine, in a file beside their lock: so that a beacon that sees a change can tell whether a
 * state run made it. One line when a step begins, one more when it has ended. It is a note, not a record: it is not
 * fsynced, and without it a change is told that need not have been. Where no beacon wants it there is no such file, and no
 * run pays for one.
 */

/** One line. A step on neither paths nor a service may change anything: a command, a package, a function. */
interface Note {
  readonly step: string;
  readonly from: number;
  /** Undefined as long as it goes on. */
  readonly to?: number;
  /** What it left at these paths: how they stood when it was done, null for nothing. */
  readonly left?: Readonly<Record<string, PathFacts | null>>;
  /** All that is below this path went with it, or came. */
  readonly trees?: readonly string[];
  readonly service?: string;
}

/** Notes are kept for so long, and so many of them: beacons that look more seldom may tell what they need not. */
const KEPT_MS = 3_600_000;
const MOST_KEPT = 10_000;
/** A change is seen later than it is made: by the kernel's queue, and by what the minion was busy with. */
const SEEN_LATE_MS = 500;

const fileOf = (cachedir: string): string => path.join(cachedir, 'state-run.steps');

export interface NotingOptions {
  readonly cachedir: string;
  /** What paths of steps are below. */
  readonly root: string;
  readonly now: () => number;
}

/** The machine, with each step of this state run noted while it is done, where notes are wanted. Old ones are let go of. */
export function noting(machine: Machine, { cachedir, root, now }: NotingOptions): Machine {
  const file = fileOf(cachedir);
  if (!existsSync(file)) return machine;
  let count = 0;
  trim(file, now());

  function note(one: Note): void {
    appendFileSync(file, `${JSON.stringify(one)}\n`, { mode: 0o600 });
  }

  return {
    ...machine,
    async perform(step) {
      if (step.do === 'setenv' || step.do === 'query') return machine.perform(step);
      const about = targetOf(step, root);
      const begun: Note = { step: `${process.pid}.${count++}`, from: now(), ...about };
      note(begun);
      try {
        return await machine.perform(step);
      } finally {
        const paths = Object.keys(about.left ?? {});
        const left = Object.fromEntries(paths.map((one) => [one, factsAt(one) ?? null]));
        note({ ...begun, to: now(), ...(about.left && { left }) });
      }
    },
  };
}

function targetOf(step: Step, root: string): Pick<Note, 'left' | 'trees' | 'service'> {
  if (step.do === 'service') return { service: step.unit };
  if (!('path' in step)) return {};
  const place = (one: string): string => placeOf(path.join(root, one));
  const target = place(step.path);
  const nothing = (paths: readonly string[]): Record<string, null> =>
    Object.fromEntries(paths.map((one) => [one, null]));
  if (step.do === 'mkdir') return { left: nothing([target, ...missingAbove(target)]) };
  if (step.do === 'hardlink') return { left: nothing([target, place(step.target)]) };
  const moved = step.do === 'rename' ? [target, place(step.from)] : [target];
  const isTree = step.do === 'rename' || step.do === 'remove';
  return { left: nothing(moved), ...(isTree && { trees: moved }) };
}

/** Directories that have to be made on the way. */
function missingAbove(target: string): string[] {
  const outer = path.dirname(target);
  return factsAt(outer) ? [] : [outer, ...missingAbove(outer)];
}

/** Where a path leads, through links on the way to it. */
function placeOf(file: string): string {
  try {
    return path.join(realpathSync(path.dirname(file)), path.basename(file));
  } catch {
    return file;
  }
}

function trim(file: string, now: number): void {
  const notes = read(file);
  const kept = notes.filter(({ from }) => from > now - KEPT_MS).slice(-MOST_KEPT);
  if (kept.length === notes.length) return;
  writeFileSync(file, kept.map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 });
}

function read(file: string): Note[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line): Note[] => {
    try {
      const one: unknown = JSON.parse(line);
      return isMap(one) && typeof one['from'] === 'number' ? [one as unknown as Note] : [];
    } catch {
      // The end of a line that is being written.
      return [];
    }
  });
}

/** What state runs have done lately. */
export interface StateSteps {
  /** Whether a change that was seen between these moments (ms since 1970) is one of theirs, or may be a command's. */
  did(change: SeenChange, fromMs: number, toMs: number): boolean;
}

/** From now on state runs note what they do. */
export function readSteps(cachedir: string): StateSteps {
  const file = fileOf(cachedir);
  mkdirSync(cachedir, { recursive: true });
  writeFileSync(file, '', { flag: 'a', mode: 0o600 });
  let known = '';
  let notes: readonly Note[] = [];

  function look(): void {
    const stats = statSync(file, { throwIfNoEntry: false });
    const stamp = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
    if (stamp === known) return;
    known = stamp;
    // The last line of a step says all that its first one does.
    notes = [...new Map(read(file).map((one) => [one.step + one.from, one])).values()];
  }

  return {
    did(change, fromMs, toMs) {
      look();
      const seen = 'path' in change ? { path: placeOf(change.path), is: change.is } : change;
      // What a killed run had begun goes on no more.
      const goesOn = notes.some(({ to }) => to === undefined) && runningStates(cachedir).length > 0;
      const wasThen = ({ from, to = goesOn ? Number.POSITIVE_INFINITY : from }: Note): boolean =>
        from <= toMs && fromMs <= to + SEEN_LATE_MS;
      return notes.some((note) => isAsLeft(note, seen) || (mayBeOf(note, seen) && wasThen(note)));
    },
  };
}

/** Nobody reads notes any more: until somebody does, none are made. */
export function forgetSteps(cachedir: string): void {
  rmSync(fileOf(cachedir), { force: true });
}

/** Whether something stands as a step left it: whenever that was, nobody has changed it since. */
function isAsLeft({ to, left }: Note, seen: SeenChange): boolean {
  if (to === undefined || !left || !('path' in seen) || !seen.is || !Object.hasOwn(left, seen.path)) return false;
  return JSON.stringify(left[seen.path]) === JSON.stringify(seen.is);
}

/** Whether a step that was done at the time is to be taken for what made the change. */
function mayBeOf({ to, left, trees, service }: Note, seen: SeenChange): boolean {
  if (!left && service === undefined) return true;
  if ('service' in seen) return service !== undefined && plainName(service) === plainName(seen.service);
  // Not done yet: how it will leave the path is not known. Nothing is left alike by whoever removes it.
  if (left && Object.hasOwn(left, seen.path)) return to === undefined || (!seen.is && left[seen.path] === null);
  return trees?.some((tree) => seen.path.startsWith(`${tree}/`)) === true || isBeside(seen.path, left);
}

/** What is written beside a file before it takes its place, see `machine/files.ts`. */
function isBeside(seen: string, left: Note['left'] = {}): boolean {
  return (
    seen.includes('.tsalt-') &&
    Object.keys(left).some((one) => seen.startsWith(path.join(path.dirname(one), `.${path.basename(one)}.tsalt-`)))
  );
}

const plainName = (service: string): string => service.replace(/\.service$/, '');
