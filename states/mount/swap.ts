import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { fstabText, parseFstab, readFstab, readSwaps, realDevice, type Fstab } from '../../lib/system/mounts.ts';
import * as arg from './args.ts';
import { writeFstab } from './fstab.ts';

const args = v.strictObject({ name: arg.device, persist: v.optional(v.boolean(), true), config: arg.config });

interface Facts {
  readonly problem?: string | undefined;
  /** Where it really is. */
  readonly path: string;
  readonly swaps: readonly string[];
  readonly active: boolean;
  /** Whether fstab has it, by whatever name. */
  readonly noted: boolean;
  readonly fstab: Fstab;
}

export default defineState<typeof args, Facts>({
  summary: 'A device or file is swapped to, now and at each start; it has to be prepared for that.',
  example: `
/swapfile:
  mount.swap
`,
  args,
  reads: ['files'],

  read({ name, config }, { files }) {
    const path = realDevice(files, name);
    const swaps = readSwaps(files);
    const active = swaps?.some((swap) => realDevice(files, swap) === path) ?? false;
    const problem = !swaps
      ? `Swap ${name} can't be activated: no kernel runs here`
      : files.follow(path) === undefined
        ? `Swap ${name} can't be activated: there is no such device or file`
        : lacking(files, 'swapon', 'Swapping', 'mount');
    const fstab = readFstab(files, config);
    const noted = fstab.lines.map(parseFstab).some((entry) => {
      return entry?.fstype === 'swap' && realDevice(files, entry.device) === path;
    });
    return { problem: active ? undefined : problem, path, swaps: swaps ?? [], active, noted, fstab };
  },

  plan({ name, persist }, { problem, path, swaps, active, noted, fstab }) {
    if (problem !== undefined) return impossible(problem);
    const entry = { device: name, name: 'none', fstype: 'swap', opts: 'defaults', dump: '0', pass: '0' };
    const isNew = persist && !noted;
    if (active && !isNew) return alreadyRight(`Swap ${name} already active`);
    const content = Buffer.from(['Filename', ...swaps, path].map((line) => `${line}\n`).join(''));
    const on: Step = {
      do: 'run',
      command: { argv: ['swapon', '--', path] },
      must: true,
      foretells: [{ do: 'write', path: '/proc/swaps', content }],
    };
    const more = isNew ? '. Added new entry to the fstab.' : '';
    return {
      changes: { ...(active ? {} : { swap: 'activated' }), ...(isNew ? { persist: 'new' } : {}) },
      comment: active
        ? `Swap ${name} already active, but needs to be written to the fstab`
        : `Swap ${name} is set to be activated`,
      done: `${active ? `Swap ${name} already active` : `Swap ${name} activated`}${more}`,
      steps: [...(active ? [] : [on]), ...(isNew ? [writeFstab(fstab, [...fstab.lines, fstabText(entry)])] : [])],
    };
  },
});
