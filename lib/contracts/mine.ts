import type { Json } from '../json.ts';

/* The mine: what functions of minions have answered, kept at the master for other minions to read (Salt's mine). */

/** Who may read an entry besides whom the master lets: a target, held against the minion that asks. */
export interface MineAllow {
  readonly tgt: string;
  readonly tgt_type: string;
}

/** One thing that a minion tells. */
export interface MineEntry {
  readonly value: Json;
  /** Missing: every minion may. */
  readonly allow?: MineAllow;
}

export type MineEntries = Readonly<Record<string, MineEntry>>;

/** Whose entries are asked for, and which. */
export interface MineQuestion {
  readonly tgt: string;
  readonly tgt_type: string;
  /** Names of entries. */
  readonly names: readonly string[];
}

/** Values by entry, then by minion; minions in the order of their ids. What is not there, and what may not be read, is left out. */
export type MineAnswer = Record<string, Record<string, Json>>;

/** The mine as a minion has it. All of it resolves when it is on disk, and raises why it is not. */
export interface Mine {
  /** Adds to what this minion has told, or with `clear` puts it in the place of all of that. */
  tell(entries: MineEntries, clear: boolean): Promise<void>;
  forget(name: string): Promise<void>;
  forgetAll(): Promise<void>;
  /** Raises `TS_TARGET_...` for a target that can't be read. */
  ask(question: MineQuestion): Promise<MineAnswer>;
}
