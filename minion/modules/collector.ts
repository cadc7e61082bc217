import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { CollectorContext } from '../../lib/contracts/collector.ts';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { builtinCollectors } from '../collectors/registry.ts';

/** What the kernel says is read from the running system, whatever tree the minion manages. */
const readText: CollectorContext['readText'] = (path) => readFileSync(path, 'utf8');

const collect = (name: string, summary: string) =>
  defineFunction({
    summary,
    args: v.strictObject({}),
    quick: true,
    run: async (_args, { clock }) => (await builtinCollectors.load(name)).collect({ readText, now: () => clock.now() }),
  });

const load = collect('load', 'Load averages over 1, 5 and 15 minutes.');
const cpu = collect('cpu', 'Ticks that each processor has spent on what.');
const memory = collect('memory', 'Memory in use and free, in KiB.');
const networkInterface = collect('interface', 'Octets, packets, errors and drops of each network interface.');
const disk = collect('disk', 'Operations, octets and time of each disk.');

/** Each also by the name that Salt trees with collectors of this kind have for it. */
export default defineModule({
  load,
  collect_load_avg: load,
  cpu,
  collect_cpu_stat: cpu,
  memory,
  collect_mem_info: memory,
  interface: networkInterface,
  collect_net_dev: networkInterface,
  disk,
  collect_disk_stat: disk,
});
