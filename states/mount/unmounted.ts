import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lookThrough } from '../../lib/links.ts';
import { lacking } from '../../lib/programs.ts';
import { accountName } from '../../lib/system/account-names.ts';
import { mountinfo, parseFstab, readFstab, readMounted, type Fstab, type Mounted } from '../../lib/system/mounts.ts';
import * as arg from './args.ts';
import { writeFstab } from './fstab.ts';

const args = v.strictObject({
  name: arg.place,
  device: v.optional(arg.device),
  config: arg.config,
  persist: v.optional(v.boolean(), false),
  user: v.optional(accountName),
});

interface Facts {
  readonly problem?: string | undefined;
  readonly all: readonly Mounted[];
  readonly path: string;
  readonly fstab: Fstab;
}

export default defineState<typeof args, Facts>({
  summary: 'Nothing is mounted at a place; with `persist` fstab has it no more either.',
  example: `
/mnt/old:
  mount.unmounted:
    - persist: True
`,
  args,
  reads: ['files', 'accounts'],

  read({ name, config }, { files }) {
    return {
      problem: lacking(files, 'umount', 'Unmounting', 'mount'),
      all: readMounted(files) ?? [],
      path: lookThrough(files, name)?.path ?? name,
      fstab: readFstab(files, config),
    };
  },

  plan({ name, device, config, persist, user }, { problem, all, path, fstab }) {
    const isMounted = all.some(({ point }) => point === path);
    const lines = fstab.lines.filter((line) => {
      const entry = parseFstab(line);
      return entry?.name !== name || (device !== undefined && entry.device !== device);
    });
    const purge = persist && lines.length < fstab.lines.length;
    if (!isMounted && !purge) {
      return alreadyRight(`Target was already unmounted${persist ? '. fstab entry not found' : ''}`);
    }
    if (isMounted && problem !== undefined) return impossible(problem);
    // The last one mounted there is on top.
    const on = all.filter(({ point }) => point === path);
    const left = all.filter((one) => !on.includes(one)).map(({ line }) => `${line}\n`);
    const command = { argv: ['umount', '--', path], ...(user === undefined ? {} : { runas: user }) };
    const foretells = [{ do: 'write', path: mountinfo, content: Buffer.from(left.join('')) } as const];
    const done = isMounted ? 'Target was successfully unmounted' : 'Target was already unmounted';
    return {
      changes: { ...(isMounted ? { umount: true } : {}), ...(purge ? { persist: 'purged' } : {}) },
      comment: isMounted
        ? `Mount point ${name} is mounted but should not be`
        : `Mount point ${name} is unmounted but needs to be purged from ${config} to be made persistent`,
      done: purge ? `${done}. Removed target from fstab` : done,
      steps: [
        ...on.map(() => ({ do: 'run', command, must: true, foretells }) as const),
        ...(purge ? [writeFstab(fstab, lines)] : []),
      ],
    };
  },
});
