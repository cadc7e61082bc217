import * as v from 'valibot';
import type { Step } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { mountinfo, readFstab, type Fstab } from '../../lib/system/mounts.ts';
import * as arg from './args.ts';
import { mountBy, nameBy } from './by.ts';
import { planEntry } from './fstab.ts';

const args = v.strictObject({
  /** The device. */
  name: arg.device,
  fs_file: v.union([arg.place, v.literal('none')]),
  fs_vfstype: arg.fstype,
  fs_mntops: arg.opts,
  fs_freq: arg.number,
  fs_passno: arg.number,
  mount_by: mountBy,
  config: arg.config,
  /** An entry that is new is mounted, too. */
  mount: v.optional(v.boolean(), true),
  match_on: arg.matchOn,
  not_change: v.optional(v.boolean(), false),
});

interface Facts {
  readonly problem?: string | undefined;
  readonly device: string;
  readonly fstab: Fstab;
}

export default defineState<typeof args, Facts>({
  summary: 'An entry of fstab is there; a new one is mounted, unless `mount` is false.',
  example: `
tmpfs:
  mount.fstab_present:
    - fs_file: /srv/scratch
    - fs_vfstype: tmpfs
    - fs_mntops: size=64m
    - mount: False
`,
  args,
  reads: ['files'],

  read({ name, mount_by: by, config, mount }, { files }) {
    const device = nameBy(files, name, by);
    const noKernel = mount && files.follow(mountinfo) === undefined;
    const problem =
      device === undefined
        ? `${name} has no ${by ?? 'name'} to mount it by`
        : noKernel
          ? "Nothing can be mounted: no kernel runs here. 'mount: False' writes the fstab alone"
          : mount
            ? lacking(files, 'mount', 'Mounting', 'mount')
            : undefined;
    return { problem, device: device ?? name, fstab: readFstab(files, config) };
  },

  plan(given, { problem, device, fstab }) {
    const { name, fs_file: place, config, mount, not_change: keep } = given;
    const entry = {
      device,
      name: place,
      fstype: given.fs_vfstype,
      opts: given.fs_mntops,
      dump: String(given.fs_freq),
      pass: String(given.fs_passno),
    };
    const { kind, steps } = planEntry(fstab, entry, place === 'none' ? ['device', 'fstype'] : given.match_on, keep);
    if (kind === 'present') return alreadyRight(`${place} entry was already in ${config}.`);
    if (problem !== undefined) return impossible(problem);
    const mounts: Step[] =
      kind === 'new' && mount && place !== 'none'
        ? [{ do: 'run', command: { argv: ['mount', '--fstab', config, '--', place] }, must: true }]
        : [];
    const also = mounts.length > 0;
    return {
      changes: { persist: kind === 'new' ? 'new' : 'change' },
      comment: `${place} entry will be ${kind === 'new' ? 'written' : 'updated'} in ${config}.${also ? `\nWill mount ${name} on ${place}` : ''}`,
      done: `${place} entry ${kind === 'new' ? 'added' : 'updated'} in ${config}.${also ? `\nMounted ${name} on ${place}` : ''}`,
      steps: [...steps, ...mounts],
    };
  },
});
