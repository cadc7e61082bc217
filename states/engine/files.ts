import { didYouMean } from '../../lib/errors/error.ts';
import { templateErrors } from '../../lib/errors/template.ts';
import { nearest } from '../../lib/nearest.ts';
import { textOf } from '../../lib/text.ts';
import { addressOf, isAddress } from './address.ts';
import type { Tree } from './tree.ts';

/** A file of the tree, for a template. */
export interface TemplateFile {
  readonly text: string;
  /** In the tree. */
  readonly path: string;
  /** What errors call it. */
  readonly shown: string;
}

/** The files of a tree by the names that templates write; `from` is the path of the template that asks. */
export type TemplateFiles = (name: string, from: string | undefined) => TemplateFile;

/** Thrown where a rendering, which waits for nothing, needs what is on its way: it can begin anew when `ready` is. */
export class NotYet extends Error {
  readonly ready: Promise<unknown>;
  constructor(ready: Promise<unknown>) {
    super('a rendering has to wait');
    this.ready = ready;
    // Nobody may be waiting for it.
    ready.catch(() => {});
  }
}

/** Does what renders, as often as it takes until all it needs is there. */
export async function patiently<T>(work: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof NotYet)) throw thrown;
      await thrown.ready;
    }
  }
}

/** The same, at once where nothing has to be waited for. */
export function inGoodTime<T>(work: () => T | Promise<T>): T | Promise<T> {
  const later = async (thrown: unknown): Promise<T> => {
    if (!(thrown instanceof NotYet)) throw thrown;
    await thrown.ready;
    return patiently(work);
  };
  try {
    const made = work();
    return made instanceof Promise ? made.catch(later) : made;
  } catch (thrown) {
    return later(thrown);
  }
}

const known = new WeakMap<Tree, TemplateFiles>();

/**
 * The files of a tree for templates: a path from its top or a `salt://` address, or one from the template's own folder
 * (`./x`, `../x`). None leads out of the tree. What is read is kept as long as the tree. Raises `TS_TEMPLATE_BAD_PATH`,
 * `TS_TEMPLATE_NO_FILE`, `TS_TEXT_NOT_UTF8`, and `NotYet` for a file that has to be fetched.
 */
export function templateFiles(tree: Tree): TemplateFiles {
  const made = known.get(tree) ?? filesOf(tree);
  known.set(tree, made);
  return made;
}

function filesOf(tree: Tree): TemplateFiles {
  const texts = new Map<string, string | undefined>();

  return (name, from) => {
    const path = pathFrom(name, from);
    // What was fetched for one is at hand for the other.
    if (tree.over && path !== tree.over.path) return templateFiles(tree.over.tree)(path, undefined);
    const shown = tree.shown(path);
    const keep = (bytes: Buffer | undefined) => texts.set(path, bytes && textOf(bytes, shown));
    if (!texts.has(path)) {
      const bytes = tree.read(path);
      if (bytes instanceof Promise) throw new NotYet(bytes.then(keep));
      keep(bytes);
    }
    const text = texts.get(path);
    if (text !== undefined) return { text, path, shown };
    const others = tree.list('');
    throw templateErrors.noFile(
      { path },
      { hint: others instanceof Promise ? undefined : didYouMean(nearest(path, others)) },
    );
  };
}

function pathFrom(name: string, from: string | undefined): string {
  const isBeside = /^\.\.?\//.test(name);
  if (isAddress(name) && addressOf(name).environment !== undefined)
    throw templateErrors.badPath({ path: name }, { hint: 'a template takes files of its own environment only' });
  const plain = name.replace(/^salt:\/\//, '');
  if (name.includes('\0') || /^\w+:\/\//.test(plain) || (isBeside && from === undefined)) bad(name);
  const parts: string[] = isBeside ? (from ?? '').split('/').slice(0, -1) : [];
  for (const part of plain.split('/')) {
    if (part === '..') {
      if (!isBeside || parts.pop() === undefined) bad(name);
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts.length === 0 ? bad(name) : parts.join('/');
}

function bad(path: string): never {
  const hint = 'write its path from the top of the tree, such as web/map.yaml';
  throw templateErrors.badPath({ path }, { hint });
}
