/*
 * What `iptables-save` prints: `*table`, `:CHAIN POLICY [packets:bytes]`, `-A CHAIN rule`, `COMMIT`. Read to know what is
 * there, and edited to foretell what will be.
 */

export interface Place {
  readonly table: string;
  readonly chain: string;
}

const builtin = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

export function isBuiltin(chain: string): boolean {
  return builtin.includes(chain);
}

/** The lines of one table, without its first and last. */
function linesOf(listing: string, table: string): readonly string[] {
  const lines = listing.split('\n');
  const start = lines.indexOf(`*${table}`);
  if (start < 0) return [];
  const end = lines.indexOf('COMMIT', start);
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

/** The chain's policy, `-` for one of the user's own; undefined when there is none. Built-in ones are there before they are used. */
export function policyOf(listing: string, { table, chain }: Place): string | undefined {
  const line = linesOf(listing, table).find((one) => one.startsWith(`:${chain} `));
  return line?.split(' ')[1] ?? (isBuiltin(chain) ? 'ACCEPT' : undefined);
}

/** The rules of a chain, each as its words, in their order. */
export function rulesOf(listing: string, { table, chain }: Place): readonly (readonly string[])[] {
  return ruleLines(listing, { table, chain }).map((line) => splitWords(line).slice(2));
}

function ruleLines(listing: string, { table, chain }: Place): readonly string[] {
  return linesOf(listing, table).filter((line) => line.startsWith(`-A ${chain} `) || line === `-A ${chain}`);
}

/** All chains that have rules, of a table. */
export function chainsWithRules(listing: string, table: string): readonly string[] {
  const names = linesOf(listing, table).flatMap((line) => (line.startsWith('-A ') ? [line.split(' ')[1] ?? ''] : []));
  return [...new Set(names)];
}

function withLines(listing: string, table: string, edit: (lines: readonly string[]) => readonly string[]): string {
  const lines = listing.split('\n');
  const start = lines.indexOf(`*${table}`);
  if (start < 0) return `${listing.replace(/\n*$/, '\n')}*${table}\n${edit([]).join('\n')}\nCOMMIT\n`;
  const inside = linesOf(listing, table);
  return [...lines.slice(0, start + 1), ...edit(inside), ...lines.slice(start + 1 + inside.length)].join('\n');
}

export function withRule(listing: string, place: Place, words: readonly string[], position?: number): string {
  const line = `-A ${place.chain} ${showWords(words)}`;
  return withLines(listing, place.table, (lines) => {
    const own = ruleLines(listing, place);
    const before = position === undefined ? undefined : own[position - 1];
    const at = before === undefined ? -1 : lines.indexOf(before);
    return at < 0 ? [...lines, line] : [...lines.slice(0, at), line, ...lines.slice(at)];
  });
}

export function withoutRule(listing: string, place: Place, words: readonly string[]): string {
  const wanted = canonical(words);
  const gone = ruleLines(listing, place).find((line) => canonical(splitWords(line).slice(2)) === wanted);
  return withLines(listing, place.table, (lines) => {
    const at = gone === undefined ? -1 : lines.indexOf(gone);
    return at < 0 ? lines : lines.toSpliced(at, 1);
  });
}

export function withChain(listing: string, { table, chain }: Place): string {
  return withLines(listing, table, (lines) => [`:${chain} - [0:0]`, ...lines]);
}

export function withoutChain(listing: string, { table, chain }: Place): string {
  return withLines(withoutRules(listing, { table, chain }), table, (lines) =>
    lines.filter((line) => !line.startsWith(`:${chain} `)),
  );
}

export function withoutRules(listing: string, place: Place): string {
  const gone = ruleLines(listing, place);
  return withLines(listing, place.table, (lines) => lines.filter((line) => !gone.includes(line)));
}

export function withPolicy(listing: string, { table, chain }: Place, policy: string): string {
  return withLines(listing, table, (lines) => [
    `:${chain} ${policy} [0:0]`,
    ...lines.filter((line) => !line.startsWith(`:${chain} `)),
  ]);
}

/** A listing without what differs from one time to the next: counters and remarks. */
export function comparable(listing: string): string {
  return listing
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n');
}

/** Words as iptables-save writes them: what has blanks or quotes in it stands in quotes. */
export function showWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replace(/["\\]/g, (char) => `\\${char}`)}"`))
    .join(' ');
}

function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g))
    words.push(match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '');
  return words;
}

const shortNames: Readonly<Record<string, string>> = {
  '--source': '-s',
  '--src': '-s',
  '--destination': '-d',
  '--dst': '-d',
  '--protocol': '-p',
  '--proto': '-p',
  '--in-interface': '-i',
  '--out-interface': '-o',
  '--jump': '-j',
  '--goto': '-g',
  '--match': '-m',
  '--destination-port': '--dport',
  '--source-port': '--sport',
  '--destination-ports': '--dports',
  '--source-ports': '--sports',
};
const protocols: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
  'ipv6-icmp': 'icmpv6',
};
const basics = ['-s', '-d', '-i', '-o', '-p', '-f'];
/** What iptables-save writes although nobody said it. */
const defaults = ['--reject-with icmp-port-unreachable', '--reject-with icmp6-port-unreachable', '--limit-burst 5'];

/**
 * One text for a rule, however it is written, as far as iptables-save is known to write it otherwise. Rules of the same
 * text are the same rule; the same rule may still have two texts.
 */
export function canonical(words: readonly string[]): string {
  const options: { negated: string; flag: string; values: string[] }[] = [];
  let negated = '';
  for (const word of words) {
    const last = options.at(-1);
    // What comes after these is a person's own text.
    const isText = last?.values.length === 0 && ['--comment', '--log-prefix'].includes(last.flag);
    if (isText || (word !== '!' && !/^-{1,2}[A-Za-z]/.test(word))) last?.values.push(word);
    else if (word === '!') negated = '! ';
    else {
      options.push({ negated, flag: shortNames[word] ?? word, values: [] });
      negated = '';
    }
  }
  const protocol = options.find(({ flag }) => flag === '-p')?.values[0]?.toLowerCase() ?? '';
  const shown = options
    .map((option) => ({ ...option, values: option.values.map((value) => canonicalValue(option.flag, value)) }))
    .filter(({ flag, values: [value = ''] }) => {
      const named = protocols[protocol] ?? protocol;
      return flag !== '-m' || (value !== named && !(named === 'icmpv6' && value === 'icmp6'));
    })
    .map(({ negated: not, flag, values }) => ({ flag, text: `${not}${[flag, ...values].join(' ')}` }))
    .filter(({ text }) => !defaults.includes(text));
  const front = shown.filter(({ flag }) => basics.includes(flag)).map(({ text }) => text);
  const rest = shown.filter(({ flag }) => !basics.includes(flag)).map(({ text }) => text);
  return [...front.sort(), ...rest].join(' ');
}

function canonicalValue(flag: string, value: string): string {
  if (flag === '-p') return protocols[value.toLowerCase()] ?? value.toLowerCase();
  if ((flag === '-s' || flag === '-d') && !value.includes(','))
    return value.includes('/') ? value : `${value}/${value.includes(':') ? 128 : 32}`;
  if (flag === '--state' || flag === '--ctstate') return value.split(',').sort().join(',');
  if (flag === '--limit') return value.replace(/\/m(?:in(?:ute)?)?$/, '/min').replace(/\/s(?:ec(?:ond)?)?$/, '/sec');
  return value;
}
