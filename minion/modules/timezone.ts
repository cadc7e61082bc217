import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { hardwareClockIsUtc, readZone } from '../../lib/system/timezone.ts';

const args = v.strictObject({});

/** The time zone of the machine. */
export default defineModule({
  get_zone: defineFunction({
    summary: 'The name of the time zone; empty when nothing tells.',
    args,
    sync: true,
    run: (_, { machine }) => readZone(machine.files) ?? '',
  }),
  get_hwclock: defineFunction({
    summary: 'What the hardware clock keeps: UTC or localtime.',
    args,
    sync: true,
    run: (_, { machine }) => (hardwareClockIsUtc(machine.files) ? 'UTC' : 'localtime'),
  }),
});
