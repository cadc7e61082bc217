import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { ExecContext } from '../../lib/contracts/execution.ts';
import type { Mine, MineEntries } from '../../lib/contracts/mine.ts';
import { isMap } from '../../lib/json.ts';
import { nodegroupsIn, parseTarget, type TargetFacts } from '../../lib/target/target.ts';
import { writeWhole } from '../../lib/write-whole.ts';

/** The mine of a machine without a master: it has told what is in it itself, and may read all of it. */
export function ownMine(cachedir: string, machine: TargetFacts & Pick<ExecContext, 'opts'>): Mine {
  const file = path.join(cachedir, 'mine.json');

  function put(entries: readonly (readonly [string, unknown])[]): void {
    if (entries.length === 0) rmSync(file, { force: true });
    else writeWhole(file, Buffer.from(JSON.stringify(Object.fromEntries(entries))));
  }

  return {
    async tell(entries, clear) {
      put([...new Map(Object.entries(clear ? entries : { ...read(file), ...entries }))]);
    },
    async forget(name) {
      put(Object.entries(read(file)).filter(([known]) => known !== name));
    },
    async forgetAll() {
      put([]);
    },
    async ask({ tgt, tgt_type, names }) {
      if (parseTarget(tgt, tgt_type, { nodegroups: nodegroupsIn(machine.opts) })(machine) !== true) return {};
      const there = Object.entries(read(file)).filter(([name]) => names.includes(name));
      return Object.fromEntries(there.map(([name, { value }]) => [name, { [machine.id]: value }]));
    },
  };
}

function read(file: string): MineEntries {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    // Written by `put` alone.
    return isMap(found) ? (found as unknown as MineEntries) : {};
  } catch (thrown) {
    // A cache that can't be read is no cache.
    if (thrown instanceof SyntaxError || (thrown as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw thrown;
  }
}
