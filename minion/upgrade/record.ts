import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { realFiles, replaceFile } from '../../store/files.ts';

/*
 * What is known of the upgrade that is under way, and of the last one. Two versions of tsalt read and write it: fields are
 * only ever added.
 */

const recordSchema = v.object({
  /** The job that asked for it. */
  jid: v.string(),
  /** Directories' names of the version that ran, and of the new one. */
  from: v.string(),
  to: v.string(),
  /** What is being done, or how it ended (the last two). */
  stage: v.picklist(['begun', 'trying', 'undoing', 'upgraded', 'rolled-back']),
  /** Why it is undone. */
  reason: v.string(),
  /** How often the new version was started for it: a power cut interrupts. */
  attempts: v.number(),
  confirmSeconds: v.number(),
  /** What runs the minion: systemd's unit, or nothing that is known. */
  service: v.union([
    v.object({ unit: v.string() }),
    /** `lock` is held by the minion that runs; `argv` are its words. */
    v.object({ argv: v.array(v.string()), lock: v.string() }),
  ]),
});
export type UpgradeRecord = v.InferOutput<typeof recordSchema>;

const linkSchema = v.object({ jid: v.string(), by: v.string(), state: v.string(), reason: v.string() });
/** What the new version says of its link to the master; `accept` confirms the upgrade. */
export type LinkNote = v.InferOutput<typeof linkSchema>;

export const directoryOf = (root: string): string => path.join(root, '.upgrade');
const pendingFile = (root: string): string => path.join(directoryOf(root), 'pending.json');
const lastFile = (root: string): string => path.join(directoryOf(root), 'last.json');
const linkFile = (root: string): string => path.join(directoryOf(root), 'link.json');
/** Held by the process that watches an upgrade. */
export const watcherLock = (root: string): string => path.join(directoryOf(root), 'watcher.lock');

export const isOver = ({ stage }: UpgradeRecord): boolean => stage === 'upgraded' || stage === 'rolled-back';

/** The upgrade that is under way. */
export const readPending = (root: string): UpgradeRecord | undefined => read(recordSchema, pendingFile(root));
/** The last one that has ended. */
export const readLast = (root: string): UpgradeRecord | undefined => read(recordSchema, lastFile(root));
export const readLink = (root: string): LinkNote | undefined => read(linkSchema, linkFile(root));

/** Writes where the upgrade is, durably; one that is over is under way no longer. */
export async function writeRecord(root: string, record: UpgradeRecord): Promise<void> {
  await writeDurably(pendingFile(root), record);
  if (isOver(record)) renameSync(pendingFile(root), lastFile(root));
}

/** Forgets the upgrade that is under way: nothing was done for it. */
export const dropPending = (root: string): void => rmSync(pendingFile(root), { force: true });

export const writeLink = (root: string, note: LinkNote): Promise<void> => writeDurably(linkFile(root), note);

async function writeDurably(file: string, value: object): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(realFiles, file, [Buffer.from(`${JSON.stringify(value)}\n`)]);
}

function read<T>(schema: v.GenericSchema<unknown, T>, file: string): T | undefined {
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(readFileSync(file, 'utf8')));
    return success ? output : undefined;
  } catch {
    // There is none, or none that can be read: then nothing is under way.
    return undefined;
  }
}
