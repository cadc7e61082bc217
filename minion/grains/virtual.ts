import type { JsonMap } from '../../lib/json.ts';
import type { GrainSource } from './source.ts';

const containers: Readonly<Record<string, JsonMap>> = {
  docker: { virtual: 'container', virtual_subtype: 'Docker' },
  podman: { virtual: 'container', virtual_subtype: 'Podman' },
  lxc: { virtual: 'container', virtual_subtype: 'LXC' },
  'lxc-libvirt': { virtual: 'container', virtual_subtype: 'LXC' },
  'systemd-nspawn': { virtual: 'systemd-nspawn' },
};

/** What the firmware calls itself, to the grain that Salt has for it; the first that fits counts. */
const vendors: readonly [RegExp, JsonMap][] = [
  [/Amazon EC2/, { virtual: 'Nitro', virtual_subtype: 'Amazon EC2' }],
  [/VMware|VMW/, { virtual: 'VMware' }],
  [/VirtualBox|innotek/, { virtual: 'oracle' }],
  [/Microsoft Corporation\n.*Virtual Machine/, { virtual: 'VirtualPC' }],
  [/Xen/, { virtual: 'xen' }],
  [/Parallels/, { virtual: 'Parallels' }],
  [/KVM|OpenStack|Google|oVirt|SeaBIOS/, { virtual: 'kvm' }],
  [/QEMU/, { virtual: 'qemu' }],
  [/Bochs/, { virtual: 'bochs' }],
];

/** What the machine runs on, found as systemd-detect-virt does, but from files alone: a container before the machine around it. */
export function virtualGrains(source: GrainSource): JsonMap {
  return containerGrains(source) ?? machineGrains(source) ?? { virtual: 'physical' };
}

function containerGrains(source: GrainSource): JsonMap | undefined {
  const said =
    source.readText('/run/host/container-manager') ??
    source.readText('/run/systemd/container') ??
    /(?:^|\0)container=([^\0]*)/.exec(source.readText('/proc/1/environ') ?? '')?.[1];
  const name = said?.trim();
  if (name) return containers[name] ?? { virtual: 'container' };
  if (source.exists('/run/.containerenv')) return containers.podman;
  if (source.exists('/.dockerenv')) return containers.docker;
  return undefined;
}

function machineGrains(source: GrainSource): JsonMap | undefined {
  if (source.readText('/sys/hypervisor/type')?.trim() === 'xen') return { virtual: 'xen' };
  const firmware = ['sys_vendor', 'product_name', 'bios_vendor', 'board_vendor', 'product_version']
    .map((file) => source.readText(`/sys/class/dmi/id/${file}`)?.trim() ?? '')
    .join('\n');
  // QEMU with its accelerator is kvm; only the clock that the guest is offered tells.
  const clocks = source.readText('/sys/devices/system/clocksource/clocksource0/available_clocksource') ?? '';
  const found = vendors.find(([pattern]) => pattern.test(firmware))?.[1];
  if ((found === undefined || found.virtual === 'qemu') && clocks.includes('kvm-clock')) return { virtual: 'kvm' };
  return found;
}
