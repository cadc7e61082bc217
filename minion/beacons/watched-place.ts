import { posix } from 'node:path';
import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { BeaconContext, BeaconEvent, PathFacts } from '../../lib/contracts/beacon.ts';
import { beaconErrors } from '../../lib/errors/beacons.ts';
import { exclusion } from './exclusion.ts';
import { changesOf, type Change } from './path-change.ts';

type Options = Partial<NonNullable<ParametersOf<'inotify'>['files'][string]>>;

/** Paths that are known at once, and that may have changed between two looks. */
const MOST_KNOWN = 100_000;
const MOST_TOUCHED = 10_000;
/** The kernel's own limit is as high at least, and is shared by all programs of a user. */
const MOST_FOLDERS = 8192;

/** What is watched at one path of the config: a directory with what is in it, or a single file. */
export interface WatchedPlace {
  /** What has changed since the last time. Raises what keeps it from watching. */
  changes(): BeaconEvent[];
  close(): void;
}

/**
 * Watches a path. The kernel says which names may have changed; what has become of them is seen by comparing how they stand
 * with how they stood: several changes between two looks are one. What is not there yet is watched as soon as it is.
 */
export function watchedPlace(path: string, options: Options, context: BeaconContext): WatchedPlace {
  const { mask = ['create', 'delete', 'modify'], recurse = false, auto_add: autoAdd = false } = options;
  const wanted = new Set<string>(mask);
  const isExcluded = exclusion(options.exclude ?? []);
  const { clock } = context;
  const folders = new Map<string, () => void>();
  const known = new Map<string, PathFacts>();
  /** When the kernel named them first and last, by the wall clock. */
  const touched = new Map<string, { readonly first: number; last: number }>();
  let lastLook = clock.now();
  /** Written, and perhaps not to the end yet. */
  const written = new Set<string>();
  let root: PathFacts | undefined;
  /** A single file is watched by its directory: a new file that takes its place is seen, too. */
  let isSingle = false;
  let isLost = false;
  let failure: Error | undefined;
  try {
    begin();
  } catch (thrown) {
    close();
    throw thrown;
  }

  function begin(): void {
    root = context.look(path, true);
    isSingle = root?.isDirectory !== true;
    const folder = isSingle ? posix.dirname(path) : path;
    if (context.look(folder, true)?.isDirectory !== true) return;
    if (isSingle) watch(folder);
    else enter(folder, recurse);
    if (isSingle && root) known.set(path, root);
  }

  /** Takes a directory in as it stands. Gives what is in it. */
  function enter(folder: string, deep: boolean): string[] {
    watch(folder);
    const paths = context.list(folder).map((name) => posix.join(folder, name));
    const below: string[] = [];
    for (const one of paths) {
      const facts = isExcluded(one) ? undefined : context.look(one);
      if (!facts) continue;
      if (known.size >= MOST_KNOWN) throw beaconErrors.tooMuch({ what: 'files', most: MOST_KNOWN });
      known.set(one, facts);
      below.push(one);
      if (deep && facts.isDirectory) below.push(...enter(one, deep));
    }
    return below;
  }

  /** Where it can't be, which for one that is gone again is no matter, the next look begins anew, and raises what is. */
  function enterNew(folder: string): string[] {
    try {
      return enter(folder, true);
    } catch {
      isLost = true;
      return [];
    }
  }

  function watch(folder: string): void {
    if (folders.has(folder)) return;
    if (folders.size >= MOST_FOLDERS) throw beaconErrors.tooMuch({ what: 'directories', most: MOST_FOLDERS });
    const stop = context.watch(
      folder,
      (name) => {
        if (name === undefined || touched.size >= MOST_TOUCHED) isLost = true;
        else touch(posix.join(folder, name));
      },
      (error) => (failure = error),
    );
    folders.set(folder, stop);
  }

  function touch(one: string): void {
    if (isSingle ? one !== path : isExcluded(one)) return;
    const now = clock.now();
    const before = touched.get(one);
    if (before) before.last = now;
    else touched.set(one, { first: now, last: now });
  }

  /** The kernel tells nothing of a single file that a link leads to elsewhere: it is looked at each time. */
  function touchSingle(): void {
    const now = clock.now();
    const around = { isSingle, gone: new Set<string>(), come: new Set<string>() };
    if (!touched.has(path) && changesOf(known.get(path), context.look(path, true), around).length > 0)
      touched.set(path, { first: lastLook, last: now });
    lastLook = now;
  }

  function leave(folder: string): void {
    for (const one of known.keys()) if (one.startsWith(`${folder}/`)) known.delete(one);
    for (const [one, stop] of folders) {
      if (one !== folder && !one.startsWith(`${folder}/`)) continue;
      stop();
      folders.delete(one);
    }
  }

  function close(): void {
    for (const stop of folders.values()) stop();
    folders.clear();
    known.clear();
    touched.clear();
    written.clear();
  }

  /** Begins anew with how things stand. */
  function again(): void {
    close();
    failure = undefined;
    // Until all of it is watched: what can't be, is tried again by the next look.
    isLost = true;
    begin();
    isLost = false;
  }

  function eventOf(one: string, { words, isDirectory }: Change): BeaconEvent[] {
    const word = words.find((candidate) => wanted.has(candidate));
    if (word === undefined) return [];
    const change = `IN_${word.toUpperCase()}${isDirectory ? '|IN_ISDIR' : ''}`;
    return [{ tag: isSingle || one === path ? one : posix.dirname(one), data: { path: one, change } }];
  }

  /** What was written before the last look and has been left alone since. */
  function settled(): BeaconEvent[] {
    const still = [...written].filter((one) => !touched.has(one));
    for (const one of still) written.delete(one);
    return still.flatMap((one) => eventOf(one, { words: ['close_write'], isDirectory: false }));
  }

  function ofRoot(): BeaconEvent[] | undefined {
    const now = context.look(path, true);
    if (isSingle && now?.isDirectory !== true && folders.size > 0) return undefined;
    if (!isSingle && now?.identity === root?.identity) return undefined;
    const was = isSingle ? undefined : root;
    const at = clock.now();
    again();
    if (!was || context.didStates({ path, is: now }, at, at)) return [];
    return eventOf(path, { words: ['delete_self', 'move_self', 'delete'], isDirectory: was.isDirectory });
  }

  function ofNames(): BeaconEvent[] {
    const names = [...touched];
    const now = new Map(names.map(([one]) => [one, context.look(one, isSingle)]));
    const gone = new Set<string>();
    const come = new Set<string>();
    for (const [one, facts] of now) {
      const was = known.get(one);
      if (was && was.identity !== facts?.identity) gone.add(was.identity);
      if (facts && facts.identity !== was?.identity) come.add(facts.identity);
    }
    touched.clear();
    return names.flatMap(([one, { first, last }]) => {
      const was = known.get(one);
      const is = now.get(one);
      const changes = changesOf(was, is, { isSingle, gone, come });
      if (is) known.set(one, is);
      else known.delete(one);
      if (was?.isDirectory === true && is?.identity !== was.identity) leave(one);
      const isOwn = context.didStates({ path: one, is }, first, last);
      const isWritten = changes.some(({ words }) => words.includes('modify'));
      if (is && isWritten && !isOwn && wanted.has('close_write')) written.add(one);
      if (!is) written.delete(one);
      const inside = is?.isDirectory === true && !was && autoAdd ? enterNew(one) : [];
      if (isOwn) return [];
      return [
        ...changes.flatMap((change) => eventOf(one, change)),
        ...inside
          .filter((inner) => !context.didStates({ path: inner, is: known.get(inner) }, first, last))
          .flatMap((inner) =>
            eventOf(inner, { words: ['create'], isDirectory: known.get(inner)?.isDirectory === true }),
          ),
      ];
    });
  }

  return {
    close,
    changes() {
      if (failure) {
        const raised = failure;
        again();
        throw raised;
      }
      if (isLost) {
        again();
        return [{ tag: path, data: { path, change: 'IN_Q_OVERFLOW' } }];
      }
      if (isSingle) touchSingle();
      return ofRoot() ?? [...settled(), ...ofNames()];
    },
  };
}
