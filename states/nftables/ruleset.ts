/*
 * What `nft --handle list ruleset` prints, read to know what is there and changed to foretell what will be. Tables hold
 * chains and other things (sets, maps), each a block in braces; the handle of a thing is a remark after it.
 */

export interface Rule {
  readonly text: string;
  readonly handle: number;
}

export interface Chain {
  readonly name: string;
  /** `type filter hook input priority filter; policy accept;`: undefined for a chain that is only jumped to. */
  readonly base: string | undefined;
  readonly rules: readonly Rule[];
}

export interface Table {
  readonly family: string;
  readonly name: string;
  readonly chains: readonly Chain[];
}

export function parseRuleset(listing: string): readonly Table[] {
  const tables: { family: string; name: string; chains: Chain[] }[] = [];
  let chain: { name: string; base: string | undefined; rules: Rule[] } | undefined;
  /** A long set is printed in several lines. */
  let begun = '';
  for (const raw of listing.split('\n')) {
    const line = `${begun}${begun === '' ? '' : ' '}${raw.trim()}`;
    const table = /^table (\S+) (\S+) \{/.exec(line);
    const opened = /^chain (\S+) \{/.exec(line);
    if (table && begun === '') tables.push({ family: table[1] ?? '', name: table[2] ?? '', chains: [] });
    else if (opened && begun === '') {
      chain = { name: opened[1] ?? '', base: undefined, rules: [] };
      tables.at(-1)?.chains.push(chain);
    } else if (chain) {
      const bare = line.replace(/ # handle \d+$/, '');
      begun = bare !== '}' && isOpen(bare) ? bare : '';
      if (begun !== '') continue;
      if (bare === '}') chain = undefined;
      else if (/^type \S+ hook /.test(bare)) chain.base = bare;
      else if (bare !== '' && !/^(?:comment|flags) /.test(bare))
        chain.rules.push({ text: bare, handle: Number(/ # handle (\d+)$/.exec(line)?.[1] ?? 0) });
    }
  }
  return tables;
}

function isOpen(text: string): boolean {
  const bare = text.replace(/"[^"]*"/g, '');
  return bare.split('{').length > bare.split('}').length;
}

export function printRuleset(tables: readonly Table[]): string {
  return tables
    .map(({ family, name, chains }) => `table ${family} ${name} { # handle 0\n${chains.map(printChain).join('')}}\n`)
    .join('');
}

function printChain({ name, base, rules }: Chain): string {
  const lines = [
    ...(base === undefined ? [] : [base]),
    ...rules.map(({ text, handle }) => `${text} # handle ${handle}`),
  ];
  return `\tchain ${name} { # handle 0\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

export interface TableName {
  readonly family: string;
  readonly table: string;
}

export function findTable(tables: readonly Table[], { family, table }: TableName): Table | undefined {
  return tables.find((one) => one.family === family && one.name === table);
}

export function findChain(tables: readonly Table[], place: TableName, chain: string): Chain | undefined {
  return findTable(tables, place)?.chains.find(({ name }) => name === chain);
}

/** The tables with another list of chains in one of them. */
export function withChains(
  tables: readonly Table[],
  { family, table }: TableName,
  edit: (chains: readonly Chain[]) => readonly Chain[],
): readonly Table[] {
  return tables.map((one) =>
    one.family === family && one.name === table ? { ...one, chains: edit(one.chains) } : one,
  );
}

export function withRules(
  tables: readonly Table[],
  place: TableName,
  chain: string,
  edit: (rules: readonly Rule[]) => readonly Rule[],
): readonly Table[] {
  return withChains(tables, place, (chains) =>
    chains.map((one) => (one.name === chain ? { ...one, rules: edit(one.rules) } : one)),
  );
}

export function commentOf(text: string): string | undefined {
  return /\bcomment "([^"]*)"/.exec(text)?.[1];
}

/**
 * One text for a rule, however it is written, as far as nft is known to print it otherwise. Remarks count for nothing.
 * Rules of the same text are the same rule; the same rule may still have two texts.
 */
export function canonical(text: string): string {
  return text
    .replace(/\bcomment "[^"]*"/, '')
    .replace(/\{([^{}]*)\}|(?<=\bct state )\S+/g, (found, inside: string | undefined) => {
      const items = (inside ?? found).split(',').map((item) => item.trim());
      return items.length === 1 ? (items[0] ?? '') : `{${items.sort().join(',')}}`;
    })
    .replace(/\bcounter packets \d+ bytes \d+/g, 'counter')
    .replace(/ burst 5 packets\b/g, '')
    .replace(/\bmeta (?=iif|oif|l4proto)/g, '')
    .replace(/\breject with (icmp|icmpv6|icmpx) type /g, 'reject with $1 ')
    .replace(/\b(dnat|snat) (?:ip |ip6 )?to /g, '$1 to ')
    .replaceAll('"', '')
    .replace(/\s+/g, ' ')
    .trim();
}
