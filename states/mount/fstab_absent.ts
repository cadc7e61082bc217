import * as v from 'valibot';
import { alreadyRight, defineState } from '../../lib/contracts/state.ts';
import { parseFstab, readFstab, type Fstab } from '../../lib/system/mounts.ts';
import * as arg from './args.ts';
import { mountBy, nameBy } from './by.ts';
import { writeFstab } from './fstab.ts';

const args = v.strictObject({
  /** The device. */
  name: arg.device,
  fs_file: v.union([arg.place, v.literal('none')]),
  mount_by: mountBy,
  config: arg.config,
});

export default defineState<typeof args, { readonly device: string | undefined; readonly fstab: Fstab }>({
  summary: 'An entry of fstab is not there; what is mounted stays so.',
  example: `
/dev/sdb1:
  mount.fstab_absent:
    - fs_file: /mnt/old
`,
  args,
  reads: ['files'],
  read: ({ name, mount_by: by, config }, { files }) => ({
    device: nameBy(files, name, by),
    fstab: readFstab(files, config),
  }),
  plan({ name, fs_file: place, config }, { device, fstab }) {
    const lines = fstab.lines.filter((line) => {
      const entry = parseFstab(line);
      return entry?.name !== place || (entry.device !== name && entry.device !== device);
    });
    if (lines.length === fstab.lines.length) return alreadyRight(`${place} entry is already missing in ${config}.`);
    return {
      changes: { persist: 'removed' },
      comment: `${place} entry will be removed from ${config}.`,
      done: `${place} entry removed from ${config}.`,
      steps: [writeFstab(fstab, lines)],
    };
  },
});
