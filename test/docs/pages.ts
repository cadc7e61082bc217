import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The project's directory. */
export const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** A fenced block of a page. */
export interface Block {
  /** The page, from the project's directory on. */
  readonly page: string;
  /** The line of the page that the block's first line is, counted from 1. */
  readonly line: number;
  /** What follows the opening fence: `yaml`, `sh`; empty for none. */
  readonly language: string;
  /** What it is an excerpt of, which follows its language. */
  readonly of: string | undefined;
  readonly text: string;
}

/** Every page of ours, from the project's directory on. */
export function pages(folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:\.|node_modules|dist)/.test(entry.name) ? [] : pages(name);
    return name.endsWith('.md') ? [name] : [];
  });
}

export function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const text = textOf(page);
  return [...text.matchAll(/^```(\w*)(?: (\S+))?\n([^]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length + 1,
    language: match[1] ?? '',
    of: match[2],
    text: match[3] ?? '',
  }));
}
