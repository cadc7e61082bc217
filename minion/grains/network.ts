import type { NetworkInterfaceInfo } from 'node:os';
import type { JsonMap } from '../../lib/json.ts';
import type { GrainSource } from './source.ts';

/** Names and addresses. The full name is what /etc/hosts makes of the host's name: no name server is asked. */
export function networkGrains(source: GrainSource): JsonMap {
  const ip4: Record<string, string[]> = {};
  const ip6: Record<string, string[]> = {};
  const hardware: Record<string, string> = {};
  for (const name of source.list('/sys/class/net')) {
    const address = source.readText(`/sys/class/net/${name}/address`)?.trim();
    if (address === undefined) continue;
    ip4[name] = [];
    ip6[name] = [];
    if (address) hardware[name] = address;
  }
  for (const [label, addresses] of Object.entries(source.interfaces())) {
    // `eth0:1` is a label of an address of eth0.
    const name = label.split(':')[0] ?? label;
    ip4[name] ??= [];
    ip6[name] ??= [];
    for (const info of addresses ?? []) (info.family === 'IPv4' ? ip4 : ip6)[name]?.push(plain(info));
  }
  return {
    ...nameGrains(source),
    ip4_interfaces: ip4,
    ip6_interfaces: ip6,
    ip_interfaces: Object.fromEntries(
      Object.keys(ip4).map((name) => [name, [...(ip4[name] ?? []), ...(ip6[name] ?? [])]]),
    ),
    hwaddr_interfaces: hardware,
    ipv4: inOrder(Object.values(ip4).flat()),
    ipv6: inOrder(Object.values(ip6).flat()),
  };
}

/** Without the zone of a link-local address. */
const plain = (info: NetworkInterfaceInfo) => info.address.split('%')[0] ?? info.address;

function nameGrains(source: GrainSource): JsonMap {
  const { nodename } = source.uname;
  const fqdn = nodename.includes('.')
    ? nodename
    : (canonicalName(source.readText('/etc/hosts') ?? '', nodename) ?? nodename);
  const dot = fqdn.indexOf('.');
  return {
    nodename,
    localhost: nodename,
    fqdn,
    host: dot < 0 ? fqdn : fqdn.slice(0, dot),
    domain: dot < 0 ? '' : fqdn.slice(dot + 1),
  };
}

/** The first name on the first line of a hosts file that has `name`. */
function canonicalName(hosts: string, name: string): string | undefined {
  for (const line of hosts.split('\n')) {
    const [, ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    if (names.includes(name)) return names[0];
  }
  return undefined;
}

/** Each address once, by number. */
function inOrder(addresses: readonly string[]): string[] {
  return [...new Set(addresses)]
    .map((address) => ({ address, number: addressNumber(address) }))
    .sort((a, b) => (a.number < b.number ? -1 : Number(a.number > b.number)))
    .map(({ address }) => address);
}

function addressNumber(address: string): bigint {
  if (!address.includes(':')) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const front = groups(head);
  const back = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}
