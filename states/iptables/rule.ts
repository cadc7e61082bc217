import * as v from 'valibot';

/*
 * Rules as Salt's users write them (`dport: 22`, `connstate: NEW`, `jump: ACCEPT`, any long option of iptables), made into
 * the words of iptables. Its options are those of iptables(8) and iptables-extensions(8).
 */

const value = v.union([v.null(), v.boolean(), v.number(), v.string(), v.array(v.union([v.string(), v.number()]))]);

export const ruleOptions = v.record(
  v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_-]*$/, 'an option of iptables without its dashes')),
  value,
  'a value',
);

export type RuleOptions = v.InferOutput<typeof ruleOptions>;

/** Options of targets: they have to come after the jump. */
const ofTargets = new Set(
  `add-set and-mark and-tos checksum-fill clamp-mss-to-pmtu clustermac ctevents ctmask del-set delude dst-pfx ecn-tcp-remove
  exist expevents gateway hash-init hashmode helper hl-dec hl-inc hl-set hmark-dport-mask hmark-dst-prefix hmark-mod
  hmark-offset hmark-proto-mask hmark-rnd hmark-spi-mask hmark-sport-mask hmark-src-prefix hmark-tuple honeypot label
  led-always-blink led-delay led-trigger-id local-node log-ip-options log-level log-prefix log-tcp-options log-tcp-sequence
  log-uid mask new nfmask nflog-group nflog-prefix nflog-range nflog-threshold nodst notrack on-ip on-port or-mark or-tos
  persistent prefix queue-balance queue-bypass queue-cpu-fanout queue-num random random-fully rateest-ewmalog
  rateest-interval rateest-name reject-with reset restore restore-mark reuse save-mark selctx set-class set-dscp
  set-dscp-class set-mac set-mark set-mss set-tos set-xmark shift src-pfx static strip-options tarpit timeout tname to
  to-destination to-port to-ports to-source total-nodes tproxy-mark ttl ttl-dec ttl-inc ttl-set type ulog-cprange
  ulog-nlgroup ulog-prefix ulog-qthreshold xor-mark xor-tos zone`.split(/\s+/),
);

/** The words of a rule, without command and chain; as text what can't be said so. */
export function wordsOf(given: RuleOptions): readonly string[] | string {
  const options = new Map(Object.entries(given));
  const words: string[] = [];
  const after: string[] = [];
  const take = (name: string): RuleOptions[string] | undefined => {
    const found = options.get(name);
    options.delete(name);
    return found;
  };
  const add = (name: string, flag: string, found = take(name)): boolean => {
    if (found === undefined || found === false) return false;
    const { isNegated, text } = plain(found);
    if (isNegated) words.push('!');
    words.push(flag, ...text.split(/\s+/).filter((word) => word !== ''));
    return true;
  };
  add('if', '-i');
  add('of', '-o');
  // `proto` has another meaning to the match `policy`.
  const match = take('match');
  const isPolicy = match === 'policy';
  const hasProtocol = add('protocol', '-p') || (!isPolicy && add('proto', '-p'));
  for (const module of listOf(match)) {
    words.push('-m', module);
    const named = ['pknock', 'quota2', 'recent'].includes(module) ? take('name_') : undefined;
    if (named !== undefined) words.push('--name', plain(named).text);
  }
  if (isPolicy) add('proto', '--proto');
  for (const set of [take('match-set') ?? []].flat()) {
    words.push('-m', 'set');
    add('match-set', '--match-set', String(set));
  }
  if (options.has('connstate')) {
    if (!hasModule(words, 'state')) words.push('-m', 'state');
    add('connstate', '--state');
  }
  add('dport', '--dport');
  add('sport', '--sport');
  for (const ports of ['dports', 'sports']) {
    if (!options.has(ports)) continue;
    if (!hasProtocol) return `${ports} takes a protocol: proto is missing`;
    if (!hasModule(words, 'multiport')) words.push('-m', 'multiport');
    const listed = listOf(take(ports)).map((port) => plain(port));
    if (listed.some(({ isNegated }) => isNegated)) words.push('!');
    words.push(`--${ports}`, listed.map(({ text }) => text).join(','));
  }
  const comment = take('comment');
  if (comment !== undefined && comment !== null) {
    if (!hasModule(words, 'comment')) words.push('-m', 'comment');
    words.push('--comment', String(comment));
  }
  const jump = take('jump') ?? take('target') ?? take('j');
  if (jump !== undefined) after.push('-j', plain(jump).text);
  for (const name of options.keys()) {
    if (!ofTargets.has(name)) add(name, name.length === 1 ? `-${name}` : `--${name}`);
    else {
      const found = take(name);
      if (found === undefined || found === false) continue;
      after.push(`--${name}`);
      // A target's own text (`log-prefix: 'in: '`) is one word.
      if (found !== null && found !== '' && found !== true) after.push(String(found));
    }
  }
  const all = [...words, ...after];
  const odd = [...options.values(), ...Object.values(given)]
    .flatMap((one) => (Array.isArray(one) ? one : [one]))
    .find((one) => typeof one === 'string' && (/(?:^|\s)-[^\s\d]/.test(one) || /[\r\n\0]/.test(one)));
  if (odd !== undefined && odd !== comment) return `'${String(odd)}' is taken for an option, not for a value`;
  return all;
}

function hasModule(words: readonly string[], module: string): boolean {
  return words.some((word, index) => word === module && words[index - 1] === '-m');
}

/** Salt's way to say that something is not so: `!22`, `! 22` or `not 22`. */
function plain(found: Exclude<RuleOptions[string], undefined>): { readonly isNegated: boolean; readonly text: string } {
  if (found === null || found === true || found === false) return { isNegated: false, text: '' };
  const text = Array.isArray(found) ? found.join(',') : String(found);
  const bare = /^(?:!\s*|not\s+)(.*)$/s.exec(text);
  return bare ? { isNegated: true, text: bare[1] ?? '' } : { isNegated: false, text };
}

function listOf(found: RuleOptions[string] | undefined): string[] {
  if (found === undefined || found === null || typeof found === 'boolean') return [];
  const items = Array.isArray(found) ? found : String(found).split(',');
  return items.map((item) => String(item).trim()).filter((item) => item !== '');
}
