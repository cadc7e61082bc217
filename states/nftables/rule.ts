import { createHash } from 'node:crypto';
import * as v from 'valibot';

/* Rules as Salt's users write them, made into the text of nft(8); `rule` takes such a text as it is. */

const plain = (what: string): v.GenericSchema<string | number, string> =>
  v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.regex(/^[^\s;{}"\\#$-][^\s;{}"\\#$]*$/, what));

const negatable = v.optional(plain('an address, a network, or @set, with ! before it for all others'));
const names = v.optional(
  v.pipe(
    v.union([v.string(), v.number(), v.array(v.union([v.string(), v.number()]))]),
    v.transform((given) =>
      (Array.isArray(given) ? given.map(String) : String(given).split(',')).map((one) => one.trim()),
    ),
    v.array(
      v.pipe(v.string(), v.regex(/^!?\s*[A-Za-z0-9@_:/.-]+$/, 'a name or number, or several with commas between')),
    ),
  ),
);

export const ruleArgs = {
  if: v.optional(plain('the name of an interface')),
  of: v.optional(plain('the name of an interface')),
  proto: v.optional(v.picklist(['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'icmp', 'icmpv6'], 'a protocol, such as tcp')),
  connstate: names,
  'icmp-type': names,
  'icmpv6-type': names,
  pkttype: names,
  counter: v.optional(v.union([v.boolean(), v.null()])),
  saddr: negatable,
  source: negatable,
  daddr: negatable,
  destination: negatable,
  dport: names,
  sport: names,
  dports: names,
  sports: names,
  jump: v.optional(plain('a verdict, such as accept, or the name of a chain')),
  target: v.optional(plain('a verdict, such as accept, or the name of a chain')),
  j: v.optional(plain('a verdict, such as accept, or the name of a chain')),
  'to-port': v.optional(plain('a port')),
  'redirect-to': v.optional(plain('a port')),
  'to-source': v.optional(plain('an address')),
  'to-destination': v.optional(plain('an address')),
  'reject-with': v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9 -]+$/, 'what to answer, such as tcp reset'))),
  /** A remark of up to 128 characters that nft keeps. */
  comment: v.optional(v.pipe(v.string(), v.regex(/^[^"\r\n\\]{1,128}$/, 'one line without quotes'))),
  /** The rule's text as nft takes it, in place of all others. */
  rule: v.optional(v.pipe(v.string(), v.regex(/^[^;\r\n]+$/, 'one rule, without ;'))),
};

const schema = v.strictObject(ruleArgs);
export type RuleParts = v.InferOutput<typeof schema>;

const verdicts = ['accept', 'drop', 'continue', 'return', 'queue', 'reject', 'masquerade', 'log', 'notrack'];

/** The text of a rule in a table of this family; `problem` for what can't be said so. */
export function ruleText(given: RuleParts, family: string): { readonly text: string } | { readonly problem: string } {
  if (given.rule !== undefined) return { text: given.rule.trim() };
  const { proto } = given;
  const parts: string[] = [];
  if (given.if !== undefined) parts.push(`iifname ${negated(given.if, true)}`);
  if (given.of !== undefined) parts.push(`oifname ${negated(given.of, true)}`);
  const source = given.saddr ?? given.source;
  const destination = given.daddr ?? given.destination;
  if (source !== undefined) parts.push(`${addressFamily(source, family)} saddr ${negated(source)}`);
  if (destination !== undefined) parts.push(`${addressFamily(destination, family)} daddr ${negated(destination)}`);
  if (given['icmp-type']) parts.push(`icmp type ${setOf(given['icmp-type'])}`);
  if (given['icmpv6-type']) parts.push(`icmpv6 type ${setOf(given['icmpv6-type'])}`);
  if (given.pkttype) parts.push(`meta pkttype ${setOf(given.pkttype)}`);
  const sources = [...(given.sport ?? []), ...(given.sports ?? [])];
  const destinations = [...(given.dport ?? []), ...(given.dports ?? [])];
  if ((sources.length > 0 || destinations.length > 0) && proto === undefined)
    return { problem: 'ports take a protocol: proto is missing' };
  if (sources.length > 0) parts.push(`${proto} sport ${setOf(sources.map(range))}`);
  if (destinations.length > 0) parts.push(`${proto} dport ${setOf(destinations.map(range))}`);
  const isSaid = sources.length > 0 || destinations.length > 0 || given['icmp-type'] || given['icmpv6-type'];
  if (proto !== undefined && !isSaid) parts.push(`meta l4proto ${proto === 'icmpv6' ? 'ipv6-icmp' : proto}`);
  if (given.connstate) parts.push(`ct state ${given.connstate.join(',')}`);
  if (given.counter === true || given.counter === null) parts.push('counter');
  const verdict = verdictOf(given);
  if (verdict !== undefined) parts.push(verdict);
  return parts.length === 0 ? { problem: 'it says nothing: jump is missing' } : { text: parts.join(' ') };
}

function verdictOf(given: RuleParts): string | undefined {
  const jump = given.jump ?? given.target ?? given.j;
  const port = given['redirect-to'] ?? given['to-port'];
  if (port !== undefined) return `redirect to :${port.replace(/^:/, '')}`;
  if (given['to-source'] !== undefined) return `snat to ${given['to-source']}`;
  if (given['to-destination'] !== undefined) return `dnat to ${given['to-destination']}`;
  if (given['reject-with'] !== undefined) return `reject with ${given['reject-with']}`;
  if (jump === undefined) return undefined;
  return verdicts.includes(jump.toLowerCase()) ? jump.toLowerCase() : `jump ${jump}`;
}

function negated(text: string, isName = false): string {
  const bare = text.replace(/^!/, '');
  const shown = isName ? `"${bare}"` : bare;
  return text.startsWith('!') ? `!= ${shown}` : shown;
}

function setOf(items: readonly string[]): string {
  const isNegated = items.some((item) => item.startsWith('!'));
  const bare = items.map((item) => item.replace(/^!\s*/, ''));
  const [only = ''] = bare;
  return `${isNegated ? '!= ' : ''}${bare.length === 1 ? only : `{ ${bare.join(', ')} }`}`;
}

/** Salt's way to write a range of ports has a colon. */
function range(port: string): string {
  return port.replace(':', '-');
}

/** In a table for both kinds of addresses, the address itself says which it is. */
function addressFamily(address: string, family: string): string {
  return family === 'ip' || family === 'ip6' ? family : address.includes(':') ? 'ip6' : 'ip';
}

/** The remark that a rule without one gets, so that it is known again however nft prints it. */
export function tagOf(text: string): string {
  return `tsalt ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
