/** A route, in the words of Salt's `network.default_route`. */
export interface Route {
  readonly addr_family: 'inet' | 'inet6';
  readonly destination: string;
  readonly gateway: string;
  readonly netmask: string;
  readonly flags: string;
  readonly interface: string;
}

const GATEWAY = 2;
const REJECT = 0x200;

/** The default routes as the kernel's files `/proc/net/route` and `/proc/net/ipv6_route` have them (proc(5)). */
export function defaultRoutes(read: (file: string) => string): Route[] {
  return [...routes4(read('/proc/net/route')), ...routes6(read('/proc/net/ipv6_route'))];
}

function routes4(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')
    .map(([name = '', , gateway = '', flags = '']) => ({
      addr_family: 'inet' as const,
      destination: '0.0.0.0',
      gateway: littleEndian(gateway),
      netmask: '0.0.0.0',
      flags: flagsOf(Number.parseInt(flags, 16)),
      interface: name,
    }));
}

function routes6(text: string): Route[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => /^0{32}$/.test(fields[0] ?? '') && fields[1] === '00')
    .map((fields) => ({
      addr_family: 'inet6' as const,
      destination: '::/0',
      gateway: short6(fields[4] ?? ''),
      netmask: '',
      flags: flagsOf(Number.parseInt(fields[8] ?? '0', 16)),
      interface: fields[9] ?? '',
    }));
}

function flagsOf(bits: number): string {
  if (bits & REJECT) return '!n';
  return bits & GATEWAY ? 'UG' : 'U';
}

/** `0101A8C0` is 192.168.1.1. */
function littleEndian(hex: string): string {
  return [...Buffer.from(hex, 'hex')].reverse().join('.');
}

function short6(hex: string): string {
  const words = hex.match(/.{4}/g) ?? [];
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}
