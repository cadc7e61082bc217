import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { parseFstab, readFstab, readMounted, readSwaps } from '../../lib/system/mounts.ts';

/** What is mounted. */
export default defineModule({
  active: defineFunction({
    summary: 'What is mounted where, with its device, kind and options.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) =>
      Object.fromEntries(
        (readMounted(machine.files) ?? []).map(({ point, device, fstype, opts }) => [point, { device, fstype, opts }]),
      ),
  }),
  is_mounted: defineFunction({
    summary: 'Whether something is mounted at a place.',
    args: v.strictObject({ name: v.string() }),
    sync: true,
    run: ({ name }, { machine }) => (readMounted(machine.files) ?? []).some(({ point }) => point === name),
  }),
  fstab: defineFunction({
    summary: 'The entries of fstab, by their places.',
    args: v.strictObject({ config: v.optional(v.pipe(v.string(), v.startsWith('/')), '/etc/fstab') }),
    sync: true,
    run({ config }, { machine }) {
      const entries = readFstab(machine.files, config).lines.map(parseFstab);
      return Object.fromEntries(
        entries.flatMap((entry) => {
          if (!entry) return [];
          const { name, device, fstype, opts, dump, pass } = entry;
          return [[name, { device, fstype, opts: opts.split(','), dump, pass }]];
        }),
      );
    },
  }),
  swaps: defineFunction({
    summary: 'The devices and files that are swapped to.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => readSwaps(machine.files) ?? [],
  }),
});
