import path from 'node:path';

export interface Mutant {
  readonly guard: string;
  readonly test: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

interface Mutants {
  readonly readMutants: (list: string) => readonly Mutant[];
  readonly mutated: (root: string, mutant: Mutant) => string;
}

export const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** The two halves of `scripts/mutants`: reading a list, and taking one guard out. */
export const { readMutants, mutated } = (await import(path.join(root, 'scripts/mutants/mutants.mjs'))) as Mutants;
