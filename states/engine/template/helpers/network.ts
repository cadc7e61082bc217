import { builtin } from '../../../../lib/builtin.ts';
import { refuse, text, type Helpers } from './definition.ts';

interface Network {
  readonly address: bigint;
  readonly version: 4 | 6;
  readonly prefix: number;
  readonly width: 32 | 128;
}

/** Longest list of hosts. */
const mostHosts = 65_536;
const addressTaken = { takes: 'an address, such as 10.0.0.5 or fe80::1, with or without /24', args: [1, 1] } as const;
const networkTaken = { takes: 'a network, such as 10.0.0.0/24', args: [1, 1] } as const;

/** An address with or without a prefix (`10.0.0.5/24`, `10.0.0.5/255.255.255.0`); undefined for anything else. */
function parse(written: string): Network | undefined {
  const [plain = '', bits, ...rest] = written.split('/');
  const version = builtin('node:net').isIP(plain);
  if ((version !== 4 && version !== 6) || rest.length > 0 || plain.includes('%')) return undefined;
  const width = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? width : prefixOf(bits);
  if (prefix === undefined || prefix > width) return undefined;
  return { address: version === 4 ? four(plain) : six(plain), version, prefix, width };
}

function prefixOf(bits: string): number | undefined {
  if (/^\d{1,3}$/.test(bits)) return Number(bits);
  if (builtin('node:net').isIP(bits) !== 4) return undefined;
  const [, ones = '', zeros = ''] = /^(1*)(0*)$/.exec(four(bits).toString(2).padStart(32, '0')) ?? [];
  return ones.length + zeros.length === 32 ? ones.length : undefined;
}

function four(plain: string): bigint {
  return plain.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function six(plain: string): bigint {
  const tail = /(?<=:)[\d.]+\.[\d.]+$/.exec(plain)?.[0];
  const hex =
    tail === undefined
      ? plain
      : plain.replace(tail, `${(four(tail) >> 16n).toString(16)}:${(four(tail) & 0xffffn).toString(16)}`);
  const [before = '', after] = hex.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const head = before === '' ? [] : before;
  const groups =
    after === undefined
      ? head
      : [...head, ...Array.from({ length: 8 - head.length - after.length }, () => '0'), ...after];
  return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function written(address: bigint, version: 4 | 6): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length)[0];
  if (!longest) return groups.join(':');
  const all = groups.join(':');
  return `${all.slice(0, longest.index).replace(/:$/, '')}::${all.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

function ends({ address, width, prefix }: Network): {
  readonly first: bigint;
  readonly last: bigint;
  readonly size: bigint;
} {
  const size = 1n << BigInt(width - prefix);
  const first = (address / size) * size;
  return { first, last: first + size - 1n, size };
}

function count(size: bigint): number | string {
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : size.toString();
}

function given(value: unknown): Network {
  return parse(text(value)) ?? refuse();
}

/** The first and last address that a machine can have: in IPv4 neither the network's own nor the broadcast. */
function hostEnds(network: Network): readonly [bigint, bigint] {
  const { first, last, size } = ends(network);
  if (size <= 2n) return [first, last];
  return [first + 1n, network.version === 4 ? last - 1n : last];
}

const privates = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

function isWithin(inner: Network, outer: Network): boolean {
  if (inner.version !== outer.version || inner.prefix < outer.prefix) return false;
  const { first, last } = ends(outer);
  return inner.address >= first && inner.address <= last;
}

function is(value: unknown, version?: 4 | 6): boolean {
  const found = typeof value === 'string' ? parse(value) : undefined;
  return found !== undefined && (version === undefined || found.version === version);
}

export const network = (): Helpers => ({
  is_ip: {
    summary: 'Whether it is an IP address, with or without a prefix.',
    takes: 'one value',
    args: [1, 1],
    jinja: 'x | is_ip',
    example: '{{is_ip "10.0.0.5"}} {{is_ip "10.0.0.256"}}',
    gives: 'true false',
    call: ([value]) => is(value),
  },
  is_ipv4: {
    summary: 'Whether it is an IPv4 address.',
    takes: 'one value',
    args: [1, 1],
    jinja: 'x | is_ipv4',
    example: '{{is_ipv4 "fe80::1"}}',
    gives: 'false',
    call: ([value]) => is(value, 4),
  },
  is_ipv6: {
    summary: 'Whether it is an IPv6 address.',
    takes: 'one value',
    args: [1, 1],
    jinja: 'x | is_ipv6',
    example: '{{is_ipv6 "fe80::1"}}',
    gives: 'true',
    call: ([value]) => is(value, 6),
  },
  ipv4: {
    summary: 'Those of a list that are IPv4 addresses.',
    takes: 'a list of texts',
    args: [1, 1],
    jinja: 'x | ipv4',
    example: '{{join (ipv4 (list "10.0.0.5" "fe80::1"))}}',
    gives: '10.0.0.5',
    call: ([of]) => (Array.isArray(of) ? of.filter((one) => is(one, 4)) : refuse()),
  },
  ipv6: {
    summary: 'Those of a list that are IPv6 addresses.',
    takes: 'a list of texts',
    args: [1, 1],
    jinja: 'x | ipv6',
    example: '{{join (ipv6 (list "10.0.0.5" "fe80::1"))}}',
    gives: 'fe80::1',
    call: ([of]) => (Array.isArray(of) ? of.filter((one) => is(one, 6)) : refuse()),
  },
  ipaddr: {
    summary:
      'What an address with a prefix says: a map of `address`, `version`, `prefix`, `netmask`, `network`, `cidr`, `broadcast`, `first` and `last` (of its hosts), `size`, `private`, `loopback`.',
    ...addressTaken,
    jinja: "x | ipaddr, salt['network.calc_net'](x)",
    example: '{{#with (ipaddr "10.1.2.3/24")}}{{cidr}} {{netmask}} {{broadcast}} {{first}}{{/with}}',
    gives: '10.1.2.0/24 255.255.255.0 10.1.2.255 10.1.2.1',
    call: ([value]) => {
      const found = given(value);
      const { version, prefix, width } = found;
      const { first, last, size } = ends(found);
      const [from, to] = hostEnds(found);
      const show = (address: bigint) => written(address, version);
      const within = (...of: string[]) => of.some((one) => isWithin(found, given(one)));
      return {
        address: show(found.address),
        version,
        prefix,
        netmask: show((1n << BigInt(width)) - size),
        network: show(first),
        cidr: `${show(first)}/${prefix}`,
        broadcast: show(last),
        first: show(from),
        last: show(to),
        size: count(size),
        private: within(...privates),
        loopback: within('127.0.0.0/8', '::1/128'),
      };
    },
  },
  ipwrap: {
    summary: 'An IPv6 address in brackets, as URLs have it; anything else as it is.',
    takes: 'a text',
    args: [1, 1],
    jinja: 'x | ipwrap',
    example: '{{ipwrap "fe80::1"}}:80',
    gives: '[fe80::1]:80',
    call: ([value]) => (is(value, 6) ? `[${text(value)}]` : text(value)),
  },
  network_hosts: {
    summary: 'A list of the addresses that machines of a network can have.',
    takes: `a network of at most ${mostHosts} addresses, such as 10.0.0.0/24`,
    args: [1, 1],
    jinja: 'x | network_hosts',
    example: '{{join (network_hosts "192.168.0.1/30")}}',
    gives: '192.168.0.1, 192.168.0.2',
    call: ([value]) => {
      const found = given(value);
      const [from, to] = hostEnds(found);
      const length = to - from + 1n > BigInt(mostHosts) ? refuse() : Number(to - from + 1n);
      return Array.from({ length }, (_, at) => written(from + BigInt(at), found.version));
    },
  },
  network_size: {
    summary: 'How many addresses a network has.',
    ...networkTaken,
    jinja: 'x | network_size',
    example: '{{network_size "192.168.0.1/8"}}',
    gives: '16777216',
    call: ([value]) => count(ends(given(value)).size),
  },
  in_network: {
    summary: 'Whether an address or a network is within a network, or within one of a list.',
    takes: 'an address, and a network or a list of them, such as 10.0.0.0/24',
    args: [2, 2],
    jinja: "salt['network.ip_in_subnet'](x, '10.0.0.0/24')",
    example: '{{in_network "10.1.2.3" "10.1.0.0/16"}}',
    gives: 'true',
    call: ([value, of]) => (Array.isArray(of) ? of : [of]).some((one) => isWithin(given(value), given(one))),
  },
});
