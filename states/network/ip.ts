import { isIP } from 'node:net';
import * as v from 'valibot';
import type { Command, Reading, Step } from '../../lib/contracts/machine.ts';
import { isJsonMap, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lacking } from '../../lib/programs.ts';
import { whyNotRunning } from '../../lib/system/running-system.ts';

/* What the functions of `network` have in common: addresses and routes of the running system, by ip(8) and its JSON. */

/** Names of interfaces: what Linux allows in them, as far as it can't be taken for an option. */
export const interfaceName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_.][A-Za-z0-9_.@-]{0,14}$/, 'the name of an interface: up to 15 characters'),
);

export interface IpFacts {
  readonly problem?: string | undefined;
  /** What ip lists, each thing as a map. */
  readonly listed: readonly JsonMap[];
}

export const listAddresses: Command = { argv: ['ip', '-json', 'address', 'show'] };

export function listRoutes(isV6: boolean): Command {
  return { argv: ['ip', isV6 ? '-6' : '-4', '-json', 'route', 'show', 'table', 'all'] };
}

export async function readIp(command: Command, what: string, machine: Reading): Promise<IpFacts> {
  const problem =
    whyNotRunning(machine.opts, what) ?? lacking(machine.files, 'ip', `A list of ${what.toLowerCase()}`, 'iproute2');
  if (problem !== undefined) return { problem, listed: [] };
  const { code, stdout, stderr } = await machine.ask(command);
  if (code !== 0) return { problem: `${what} can't be read: ${stderr.trim()}`, listed: [] };
  // Nothing is printed for no route.
  const data: unknown = JSON.parse(stdout.trim() || '[]');
  return { listed: Array.isArray(data) ? data.filter(isJsonMap) : [] };
}

/** The step of a command of ip, after which `listing` is answered otherwise. */
export function ipStep(argv: readonly string[], listing: Command, listed: readonly JsonMap[]): Step {
  const answers = [{ command: listing, stdout: JSON.stringify(listed) }];
  return { do: 'run', command: { argv }, must: true, answers };
}

/** An address with the length of its network: `10.0.0.1/24`; without one that of a single address. */
export interface Network {
  readonly address: string;
  readonly length: number;
  readonly isV6: boolean;
}

/** Undefined for what is no address. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/');
  const kind = isIP(address);
  if (kind === 0 || more.length > 0 || address.includes('%')) return undefined;
  const longest = kind === 6 ? 128 : 32;
  const bits = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : longest + 1;
  if (bits > longest) return undefined;
  return { address: kind === 6 ? plainV6(address) : address, length: bits, isV6: kind === 6 };
}

/** The one form of an IPv6 address (RFC 5952), as ip prints it. */
export function plainV6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

export const network = v.pipe(
  v.string(),
  v.check((text) => parseNetwork(text) !== undefined, 'an address, such as 10.0.0.1/24'),
);

export function mapsIn(value: Json | undefined): readonly JsonMap[] {
  return Array.isArray(value) ? value.filter((one): one is JsonMap => isMap(one)) : [];
}
