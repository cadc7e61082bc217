import { BlockList, isIP } from 'node:net';

export interface IpNetwork {
  readonly family: 'ipv4' | 'ipv6';
  readonly has: (address: string) => boolean;
}

/** The network that a text names (`10.0.0.0/8`), or a single address; undefined for any other text. */
export function ipNetwork(text: string): IpNetwork | undefined {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : /^\d+$/.test(bits) ? Number(bits) : -1;
  if (version === 0 || prefix < 0 || prefix > most) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, prefix, family);
  return { family, has: (one) => isIP(one) === version && list.check(one, family) };
}
