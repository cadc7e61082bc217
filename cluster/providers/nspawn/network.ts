import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { must, run } from './command.ts';

export interface NetworkNames {
  /** The bridge that all machines are plugged into: at most 11 characters, a name that no other network has. */
  readonly bridge: string;
  /** The first three numbers of its addresses, as `10.77.0`. This machine is `.1`, and forwards nothing. */
  readonly prefix: string;
}

/**
 * A bridge and a /24 for the machines whose state is in `directory`: the same ones each time, different ones for different
 * directories, and none that another interface of this machine has.
 */
export function networkFor(directory: string): NetworkNames {
  const hash = createHash('sha256').update(directory).digest();
  const bridge = `ts${hash.toString('hex').slice(0, 8)}`;
  const ours = networkInterfaces()[bridge]?.find(({ family }) => family === 'IPv4');
  if (ours) return { bridge, prefix: prefixOf(ours.address) };
  const taken = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => prefixOf(address)),
  );
  // 10.64.0.0/10 has 16384 of them.
  const first = hash.readUInt32BE(4);
  for (let step = 0; ; step += 1) {
    const number = (first + step) % 16_384;
    const prefix = `10.${64 + (number >> 8)}.${number & 255}`;
    if (step === 16_384 || !taken.includes(prefix)) return { bridge, prefix };
  }
}

const prefixOf = (address: string): string => address.replace(/\.\d+$/, '');
const exists = (link: string): boolean => existsSync(`/sys/class/net/${link}`);

/** The wires: a bridge on this machine, and for the machine with number `n` a network namespace whose eth0 ends in a port of it. */
export class Network {
  readonly names: NetworkNames;

  constructor(names: NetworkNames) {
    this.names = names;
  }

  get gateway(): string {
    return this.address(1);
  }

  address(n: number): string {
    return `${this.names.prefix}.${n}`;
  }

  /** Its path is what systemd-nspawn is given. */
  namespace(n: number): string {
    return `${this.names.bridge}-${n}`;
  }

  #port(n: number): string {
    return `${this.names.bridge}h${n}`;
  }

  /** Addresses of cards follow from the number, so that a machine that comes back is known to its neighbours. */
  #card(n: number): string {
    return `02:00:${this.names.prefix.split('.').map(hex).join(':')}:${hex(n)}`;
  }

  async openBridge(): Promise<void> {
    const { bridge } = this.names;
    if (!exists(bridge))
      await must(['ip', 'link', 'add', bridge, 'address', this.#card(1), 'type', 'bridge', 'mcast_snooping', '0']);
    await must(['ip', 'address', 'replace', `${this.gateway}/24`, 'dev', bridge]);
    await must(['ip', 'link', 'set', bridge, 'up']);
  }

  async closeBridge(): Promise<void> {
    if (exists(this.names.bridge)) await must(['ip', 'link', 'delete', this.names.bridge]);
  }

  /** Makes the wire of machine `n` anew: nothing of an earlier one's connections is left in it. */
  async plug(n: number): Promise<void> {
    await this.unplug(n);
    const space = this.namespace(n);
    const inside = ['ip', '-netns', space];
    await must(['ip', 'netns', 'add', space]);
    const peer = ['name', 'eth0', 'address', this.#card(n), 'netns', space];
    await must(['ip', 'link', 'add', this.#port(n), 'type', 'veth', 'peer', ...peer]);
    await must([...inside, 'address', 'add', `${this.address(n)}/24`, 'dev', 'eth0']);
    await must([...inside, 'link', 'set', 'lo', 'up']);
    await must([...inside, 'link', 'set', 'eth0', 'up']);
    await must([...inside, 'route', 'add', 'default', 'via', this.gateway]);
    await must(['ip', 'link', 'set', this.#port(n), 'master', this.names.bridge, 'up']);
  }

  async unplug(n: number): Promise<void> {
    if (exists(this.#port(n))) await must(['ip', 'link', 'delete', this.#port(n)]);
    if (existsSync(`/run/netns/${this.namespace(n)}`)) await must(['ip', 'netns', 'delete', this.namespace(n)]);
  }

  /**
   * Drops all frames of machine `n`, both ways, without a sign of it on either side; or lets them through again. (A bridge
   * port's states are those of the spanning tree protocol: 0 is disabled, 3 forwarding; the link itself stays up.)
   */
  async cut(n: number, isCut: boolean): Promise<void> {
    await must(['bridge', 'link', 'set', 'dev', this.#port(n), 'state', isCut ? '0' : '3']);
  }

  /** As `cut`, of a machine that may have no wire any more. */
  async silence(n: number): Promise<void> {
    await run(['bridge', 'link', 'set', 'dev', this.#port(n), 'state', '0']);
  }
}

function hex(number: number | string): string {
  return Number(number).toString(16).padStart(2, '0');
}
