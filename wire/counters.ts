/** Named numbers that only grow. */
export class Counters {
  readonly #values = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.#values);
  }
}
