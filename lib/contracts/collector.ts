import type { JsonMap } from '../json.ts';

/**
 * One reading of a machine's state: `{tag, timestamp, ...}`, sent as the data of a `collector/result` event. All the rest
 * is numbers in nested maps; the keys that lead to a number, after the tag, are its name in Graphite
 * (`<id>.interface.eth0.if_octets.rx`). Counters are sent as they stand: who receives them makes rates.
 */
export interface Sample extends JsonMap {
  /** The collector: load, cpu, memory, interface, disk. */
  tag: string;
  /** Unix seconds, of the moment it was read. */
  timestamp: number;
}

/** What a collector is handed. */
export interface CollectorContext {
  /** The text of a file such as `/proc/loadavg`. */
  readText(path: string): string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A collector: one file, a default export. Reads, computes nothing that the receiver can compute. */
export interface Collector {
  readonly name: string;
  readonly summary: string;
  collect(context: CollectorContext): Sample;
}

/** Loads a collector by its name (`load`). */
export interface CollectorRegistry {
  readonly names: readonly string[];
  load(name: string): Promise<Collector>;
}
