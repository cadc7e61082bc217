import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { nspawnErrors } from '../../../lib/errors/nspawn.ts';
import { isMinionId } from '../../../lib/ids.ts';

/** What is known of a machine, on disk, for whoever comes after us. */
export interface Record {
  /** The last number of its address. */
  readonly n: number;
  readonly machineId: string;
  /** The image that its files lie over. */
  readonly image: string;
}

/** The machines of one state directory, by id. An address is claimed by making a file, which one of many succeeds in. */
export class Records {
  readonly #machines: string;
  readonly #addresses: string;

  constructor(directory: string) {
    this.#machines = path.join(directory, 'machines');
    this.#addresses = path.join(directory, 'addresses');
  }

  /** Where all of a machine is. */
  home(id: string): string {
    return path.join(this.#machines, id);
  }

  /** Also of machines whose launch was interrupted. */
  ids(): readonly string[] {
    const claimants = names(this.#addresses).map((n) => this.#claimant(n));
    return [...new Set([...names(this.#machines), ...claimants])].filter(isMinionId).sort();
  }

  read(id: string): Record | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.home(id), 'machine.json'), 'utf8')) as Record;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    }
  }

  /** Keeps the record: from here on the machine is known. */
  write(id: string, record: Record): void {
    mkdirSync(this.home(id), { recursive: true });
    const file = path.join(this.home(id), 'machine.json');
    writeFileSync(`${file}.new`, JSON.stringify(record));
    renameSync(`${file}.new`, file);
  }

  /** The machine's number: the one it has, or a free one, which it has from now on. Raises `TS_NSPAWN_NETWORK_FULL`. */
  claim(id: string, network: string): number {
    const held = this.numbers(id)[0];
    if (held !== undefined) return held;
    mkdirSync(this.#addresses, { recursive: true });
    for (let n = 2; n < 255; n += 1) {
      try {
        writeFileSync(path.join(this.#addresses, String(n)), id, { flag: 'wx' });
        return n;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      }
    }
    throw nspawnErrors.networkFull({ network });
  }

  /** Numbers that the machine has: one, or none. */
  numbers(id: string): readonly number[] {
    return names(this.#addresses)
      .filter((n) => this.#claimant(n) === id)
      .map(Number);
  }

  #claimant(n: string): string {
    try {
      return readFileSync(path.join(this.#addresses, n), 'utf8');
    } catch (cause) {
      // Freed in this moment.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw cause;
    }
  }

  remove(id: string): void {
    rmSync(this.home(id), { recursive: true, force: true });
    for (const n of this.numbers(id)) rmSync(path.join(this.#addresses, String(n)), { force: true });
  }
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}
