import os from 'node:os';
import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext, type ExecModule } from '../../lib/contracts/execution.ts';
import { ipNetwork } from '../../lib/ip-network.ts';
import { defaultRoutes } from '../../lib/system/routes.ts';

type Interfaces = ReturnType<typeof os.networkInterfaces>;
type Address = NonNullable<Interfaces[string]>[number];

const nothing = v.strictObject({});
const family = v.picklist(['inet', 'inet6']);
const ofInterface = v.strictObject({ iface: v.string() });

const addressArgs = v.strictObject({
  interface: v.optional(v.string()),
  include_loopback: v.optional(v.boolean(), false),
  cidr: v.optional(v.string()),
  type: v.optional(v.picklist(['public', 'private'])),
});

/** The network as it is. `interfaces` gives what the system has. */
export function networkModule(interfaces: () => Interfaces): ExecModule {
  const all = (): [string, Address][] =>
    Object.entries(interfaces()).flatMap(([label, addresses = []]) =>
      // `eth0:1` is a label of an address of eth0.
      addresses.map((one): [string, Address] => [label.split(':')[0] ?? label, one]),
    );

  function addresses(version: 'IPv4' | 'IPv6', given: v.InferOutput<typeof addressArgs>): string[] {
    const inside = given.cidr === undefined ? undefined : network(given.cidr);
    const found = all()
      .filter(([name, { family: own }]) => own === version && (given.interface ?? name) === name)
      .filter(([, { internal }]) => !internal || given.include_loopback)
      .map(([, one]) => plain(one))
      .filter((address) => inside?.(address) ?? true)
      .filter((address) => given.type === undefined || isPrivate(address) === (given.type === 'private'));
    return [...new Set(found)].sort();
  }

  const listing = (version: 'IPv4' | 'IPv6') =>
    defineFunction({
      summary: `The ${version} addresses, of one interface or all, but for those of the loopback.`,
      args: addressArgs,
      sync: true,
      run: (given) => addresses(version, given),
    });

  const hardware = (context: ExecContext, iface: string): string =>
    readOf(context, iface, 'address') ?? all().find(([name]) => name === iface)?.[1].mac ?? '';

  return defineModule({
    ip_addrs: listing('IPv4'),
    ipaddrs: listing('IPv4'),
    ip_addrs6: listing('IPv6'),
    ipaddrs6: listing('IPv6'),
    interfaces: defineFunction({
      summary: 'The interfaces with their addresses: whether each is up, its hardware address, `inet` and `inet6`.',
      args: nothing,
      sync: true,
      run: (_, context) => {
        const names = new Set([...namesOf(context), ...all().map(([name]) => name)]);
        return Object.fromEntries([...names].map((name) => [name, described(context, name, all())]));
      },
    }),
    hw_addr: defineFunction({
      summary: 'The hardware address of an interface.',
      args: ofInterface,
      sync: true,
      run: ({ iface }, context) => hardware(context, iface),
    }),
    interface_ip: defineFunction({
      summary: 'The first IPv4 address of an interface; empty without one.',
      args: ofInterface,
      sync: true,
      run: ({ iface }) => {
        const found = all().find(([name, one]) => name === iface && one.family === 'IPv4');
        return found ? plain(found[1]) : '';
      },
    }),
    subnets: defineFunction({
      summary: 'The IPv4 networks that the machine is in.',
      args: nothing,
      sync: true,
      run: () => subnetsOf(all(), 'IPv4'),
    }),
    subnets6: defineFunction({
      summary: 'The IPv6 networks that the machine is in.',
      args: nothing,
      sync: true,
      run: () => subnetsOf(all(), 'IPv6'),
    }),
    in_subnet: defineFunction({
      summary: 'Whether the machine has an address in a network.',
      args: v.strictObject({ cidr: v.string() }),
      sync: true,
      run: ({ cidr }) =>
        all()
          .map(([, one]) => plain(one))
          .some(network(cidr)),
    }),
    is_loopback: defineFunction({
      summary: 'Whether an address is one of the loopback.',
      args: v.strictObject({ ip_addr: v.string() }),
      quick: true,
      sync: true,
      run: ({ ip_addr: address }) => network('127.0.0.0/8')(address) || address === '::1',
    }),
    is_private: defineFunction({
      summary: 'Whether an address is a private one.',
      args: v.strictObject({ ip_addr: v.string() }),
      quick: true,
      sync: true,
      run: ({ ip_addr: address }) => isPrivate(address),
    }),
    default_route: defineFunction({
      summary: 'The default routes, of one family or both.',
      args: v.strictObject({ family: v.optional(family) }),
      sync: true,
      run: ({ family: wanted }, { machine }) =>
        defaultRoutes((file) => textOf(machine, file)).filter(({ addr_family: own }) => (wanted ?? own) === own),
    }),
    get_hostname: defineFunction({
      summary: 'The name of the host.',
      args: nothing,
      sync: true,
      run: (_, { machine }) => textOf(machine, '/proc/sys/kernel/hostname').trim(),
    }),
    get_fqdn: defineFunction({
      summary: 'The full name of the host.',
      args: nothing,
      quick: true,
      sync: true,
      run: (_, { grains }) => grains['fqdn'] ?? '',
    }),
  });
}

export default networkModule(() => os.networkInterfaces());

/** Without the zone of a link-local address. */
const plain = ({ address }: Address): string => address.split('%')[0] ?? address;

function network(cidr: string): (address: string) => boolean {
  const found = ipNetwork(cidr);
  if (!found) throw new RangeError(`'${cidr}' is not a network, such as 10.0.0.0/8`);
  return found.has;
}

/** What RFC 1918, RFC 4193 and their kin keep from the public Internet, as Python's `ipaddress` counts. */
const privateNetworks = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/29',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
].map(network);

function isPrivate(address: string): boolean {
  return privateNetworks.some((isIn) => isIn(address));
}

function subnetsOf(addresses: readonly [string, Address][], version: 'IPv4' | 'IPv6'): string[] {
  const found = addresses
    .filter(([, one]) => one.family === version && !one.internal && !plain(one).startsWith('fe80:'))
    .map(([, { cidr, address }]) => networkOf(cidr ?? `${address}/${version === 'IPv4' ? '32' : '128'}`));
  return [...new Set(found)].sort();
}

/** `10.1.2.3/8` is in `10.0.0.0/8`. */
function networkOf(cidr: string): string {
  const [address = '', bits = '0'] = cidr.split('/');
  const [words, width] = address.includes(':') ? [wordsOf6(address), 16] : [address.split('.').map(Number), 8];
  const left = words.map((word, at) => {
    const kept = Math.max(0, Math.min(width, Number(bits) - at * width));
    return word & ~(2 ** (width - kept) - 1);
  });
  if (width === 8) return `${left.join('.')}/${bits}`;
  // The system's own way to write it short.
  return `${new URL(`http://[${left.map((word) => word.toString(16)).join(':')}]`).hostname.slice(1, -1)}/${bits}`;
}

function wordsOf6(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const [before, after] = [words(head), words(tail ?? '')];
  return tail === undefined
    ? before
    : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function textOf(machine: ExecContext['machine'], file: string): string {
  return machine.files.follow(file) === undefined ? '' : machine.files.read(file).toString('utf8');
}

const namesOf = ({ machine }: ExecContext): readonly string[] =>
  machine.files.follow('/sys/class/net') === undefined ? [] : machine.files.list('/sys/class/net');

function readOf({ machine }: ExecContext, iface: string, what: string): string | undefined {
  // A name is looked for among those that are there.
  if (!namesOf({ machine } as ExecContext).includes(iface)) return undefined;
  return textOf(machine, `/sys/class/net/${iface}/${what}`).trim();
}

function described(context: ExecContext, name: string, all: readonly [string, Address][]): object {
  const own = all.filter(([one]) => one === name).map(([, address]) => address);
  const inet = own
    .filter(({ family: version }) => version === 'IPv4')
    .map(({ address, netmask }) => ({ address, netmask }));
  const inet6 = own
    .filter(({ family: version }) => version === 'IPv6')
    .map((one) => ({ address: plain(one), prefixlen: one.cidr?.split('/')[1] ?? '128' }));
  const flags = Number.parseInt(readOf(context, name, 'flags') ?? (own.length > 0 ? '1' : '0'), 16);
  return {
    up: (flags & 1) === 1,
    hwaddr: readOf(context, name, 'address') ?? own[0]?.mac ?? '',
    ...(inet.length > 0 && { inet }),
    ...(inet6.length > 0 && { inet6 }),
  };
}
