import type { JsonMap } from '../../lib/json.ts';
import type { GrainSource } from './source.ts';

/** Processors, memory, disks, and what the firmware says about the machine. */
export function hardwareGrains(source: GrainSource): JsonMap {
  return { ...cpuGrains(source), ...memoryGrains(source), ...diskGrains(source), ...firmwareGrains(source) };
}

function cpuGrains(source: GrainSource): JsonMap {
  const lines = (source.readText('/proc/cpuinfo') ?? '').split('\n').map((line) => {
    const [key = '', value = ''] = line.split(':', 2);
    return { key: key.trim(), value: value.trim() };
  });
  const last = (...keys: string[]) => lines.findLast(({ key }) => keys.includes(key))?.value;
  return {
    num_cpus: lines.filter(({ key }) => key === 'processor').length,
    cpu_model: last('model name') ?? last('vendor_id', 'Processor', 'cpu') ?? 'Unknown',
    cpu_flags: (last('flags', 'Features') ?? '').split(/\s+/).filter(Boolean),
  };
}

/** MiB, rounded down, as Salt has it. */
function memoryGrains(source: GrainSource): JsonMap {
  const text = source.readText('/proc/meminfo') ?? '';
  const mebibytes = (name: string) =>
    Math.floor(Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024);
  return { mem_total: mebibytes('MemTotal'), swap_total: mebibytes('SwapTotal') };
}

function diskGrains(source: GrainSource): JsonMap {
  const disks: string[] = [];
  const ssds: string[] = [];
  for (const device of source.list('/sys/block')) {
    if (source.readLink(`/sys/block/${device}`)?.startsWith('../devices/virtual/')) continue;
    const rotational = source.readText(`/sys/block/${device}/queue/rotational`)?.trim();
    if (rotational === '1') disks.push(device);
    if (rotational === '0') ssds.push(device);
  }
  return { disks, ssds };
}

const firmwareFiles = {
  biosversion: 'bios_version',
  biosvendor: 'bios_vendor',
  boardname: 'board_name',
  productname: 'product_name',
  manufacturer: 'sys_vendor',
  biosreleasedate: 'bios_date',
  uuid: 'product_uuid',
  serialnumber: 'product_serial',
};

function firmwareGrains(source: GrainSource): JsonMap {
  const grains: JsonMap = {};
  for (const [grain, file] of Object.entries(firmwareFiles)) {
    const text = source.readText(`/sys/class/dmi/id/${file}`)?.trim();
    if (text !== undefined) grains[grain] = grain === 'uuid' ? text.toLowerCase() : text;
  }
  return grains;
}
