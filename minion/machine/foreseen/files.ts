import path from 'node:path';
import type { FileFacts, FileStep, FileView } from '../../../lib/contracts/machine.ts';
import { machineErrors } from '../../../lib/errors/machine.ts';
import { unlessCircle } from '../root.ts';

/** What is planned for a path: how it will look, and what it will hold. */
interface Planned {
  readonly facts: FileFacts;
  readonly content?: Buffer | undefined;
  /** Where in `base` its content is, when it was moved. */
  readonly from?: string | undefined;
}

export interface ForeseenFiles extends FileView {
  lay(step: FileStep): void;
}

const MOST_LINKS = 40;

/** The files of `base` with planned steps laid over them; `nowMs` stamps what is written, new files are this process's. */
export function foreseenFiles(base: FileView, nowMs: () => number): ForeseenFiles {
  const planned = new Map<string, Planned>();
  // Below these nothing of `base` is left.
  const removed = new Set<string>();
  let made = 0;

  const isRemoved = (place: string): boolean => removed.has(place) || (place !== '/' && isRemoved(path.dirname(place)));

  /** What is at a place that no link leads to. */
  function at(place: string): FileFacts | undefined {
    return planned.get(place)?.facts ?? (removed.size > 0 && isRemoved(place) ? undefined : base.look(place));
  }

  /** The place that a path leads to; its last part is followed only if asked for. */
  function resolve(where: string, last: boolean): string {
    let place = '/';
    let links = MOST_LINKS;
    const parts = where.split('/').reverse();
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === '' || part === '.') continue;
      const next = part === '..' ? path.dirname(place) : path.join(place, part);
      const found = !last && parts.length === 0 ? undefined : at(next);
      if (found?.target === undefined) {
        place = next;
        continue;
      }
      if (links-- === 0) throw machineErrors.tooManyLinks({ path: where });
      if (found.target.startsWith('/')) place = '/';
      parts.push(...found.target.split('/').reverse());
    }
    return place;
  }

  const itself = (where: string): string => resolve(path.normalize(where), false);
  const followed = (where: string): string => resolve(path.normalize(where), true);

  function forgetBelow(place: string): void {
    const prefix = place === '/' ? place : `${place}/`;
    for (const known of planned.keys()) if (known.startsWith(prefix)) forget(known);
    forget(place);
    removed.add(place);
  }

  /** What is planned for a place is not any more; its other names are one less. */
  function forget(place: string): void {
    const facts = at(place);
    planned.delete(place);
    // `base` still follows it: what that finds is at another place.
    if (facts?.kind === 'symlink') removed.add(place);
    if (facts && facts.links > 1 && facts.kind !== 'directory') {
      each(facts.identity, (other) => ({ ...other, links: other.links - 1 }));
    }
  }

  /** Changes what is known under all planned names of one file. */
  function each(identity: string, change: (facts: FileFacts) => FileFacts): void {
    for (const [known, plan] of planned) {
      if (plan.facts.identity === identity) planned.set(known, { ...plan, facts: change(plan.facts) });
    }
  }

  const contentOf = (place: string): Buffer => {
    const plan = planned.get(place);
    return plan?.content ?? base.read(plan?.from ?? place);
  };

  /** What is there, to be put under another name. */
  function taken(place: string, facts: FileFacts): Planned {
    const plan = planned.get(place);
    return { facts, content: plan?.content, from: plan?.from ?? place };
  }

  function put(
    place: string,
    kind: FileFacts['kind'],
    step: FileStep,
    more: Partial<FileFacts>,
    content?: Buffer,
  ): void {
    const old = at(place);
    const kept = old?.kind === kind ? old : undefined;
    const now = nowMs();
    const given = 'mode' in step ? step.mode : undefined;
    forget(place);
    const facts: FileFacts = {
      kind,
      size: 0,
      atimeMs: now,
      mtimeMs: now,
      ctimeMs: now,
      // A file that is written is a new one, a directory stays the same.
      identity: kept?.kind === 'directory' ? kept.identity : `planned ${made++}`,
      links: 1,
      ...more,
      mode:
        given ?? kept?.mode ?? (kind === 'symlink' ? 0o777 : (kind === 'directory' ? 0o777 : 0o666) & ~process.umask()),
      uid: ('uid' in step ? step.uid : undefined) ?? kept?.uid ?? process.geteuid?.() ?? 0,
      gid: ('gid' in step ? step.gid : undefined) ?? kept?.gid ?? process.getegid?.() ?? 0,
    };
    planned.set(place, content === undefined ? { facts } : { facts, content });
  }

  function makeDirectory(place: string, step: FileStep & { do: 'mkdir' }): void {
    const outer = path.dirname(place);
    if (step.parents && outer !== place && !at(outer)) makeDirectory(outer, step);
    put(place, 'directory', step, {});
  }

  /** Changes what is known of a thing that stays what it is. */
  function change(place: string, facts: Partial<FileFacts>): void {
    const old = at(place);
    if (!old) return;
    planned.set(place, taken(place, { ...old, ...facts, ctimeMs: nowMs() }));
    each(old.identity, (known) => ({ ...known, ...facts }));
  }

  function link(place: string, target: string): void {
    const facts = at(target);
    if (!facts || facts.identity === at(place)?.identity) return;
    forget(place);
    const one = taken(target, { ...facts, links: facts.links + 1 });
    planned.set(target, one);
    planned.set(place, one);
    each(facts.identity, (known) => ({ ...known, links: facts.links + 1 }));
  }

  function rename(place: string, from: string): void {
    const moved = [...below(from)];
    forgetBelow(from);
    for (const [path, plan] of moved) {
      forget(place + path);
      planned.set(place + path, plan);
    }
  }

  /** A thing and everything in it, by what comes after its path. */
  function* below(place: string, after = ''): Generator<[string, Planned]> {
    const facts = at(place);
    if (!facts) return;
    yield [after, taken(place, facts)];
    if (facts.kind !== 'directory') return;
    for (const name of list(place)) yield* below(path.join(place, name), `${after}/${name}`);
  }

  function list(place: string): string[] {
    const names = new Set(isRemoved(place) || !base.look(place) ? [] : base.list(place));
    for (const name of names) if (!at(path.join(place, name))) names.delete(name);
    for (const known of planned.keys())
      if (path.dirname(known) === place && known !== '/') names.add(path.basename(known));
    return [...names].sort();
  }

  return {
    look: (where) => unlessCircle(() => at(itself(where))),
    follow: (where) => unlessCircle(() => at(followed(where))),
    read(where) {
      const place = followed(where);
      const found = at(place);
      if (!found) throw missing('open', where);
      return contentOf(place);
    },
    list(where) {
      const place = followed(where);
      const found = at(place);
      if (!found) throw missing('scandir', where);
      return list(place);
    },
    lay(step) {
      const place = itself(step.path);
      switch (step.do) {
        case 'write':
          return put(place, 'file', step, { size: step.content.length }, step.content);
        case 'mkdir':
          return makeDirectory(place, step);
        case 'symlink':
          return put(place, 'symlink', step, { target: step.target, size: Buffer.byteLength(step.target) });
        case 'hardlink':
          return link(place, followed(step.target));
        case 'node': {
          const { type, major, minor } = step;
          return put(place, 'other', step, { node: { type, major, minor } });
        }
        case 'rename':
          return rename(place, itself(step.from));
        case 'remove':
          return forgetBelow(place);
        case 'own':
          return change(place, withoutUndefined({ mode: step.mode, uid: step.uid, gid: step.gid }));
        case 'touch':
          return change(followed(step.path), { atimeMs: step.atimeMs ?? nowMs(), mtimeMs: step.mtimeMs ?? nowMs() });
      }
    },
  };
}

function withoutUndefined(facts: Record<string, number | undefined>): Partial<FileFacts> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** What Node says of a path that is not there. */
function missing(syscall: string, where: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, ${syscall} '${where}'`), {
    code: 'ENOENT',
    syscall,
    path: where,
  });
}
