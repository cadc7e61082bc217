/** One source of packages, as apt knows it (sources.list(5)). */
export interface Source {
  readonly type: 'deb' | 'deb-src';
  readonly uri: string;
  readonly suite: string;
  readonly comps: readonly string[];
  /** By their names in the one-line form: `arch`, `signed-by`, `trusted`, ... */
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly enabled: boolean;
  readonly comment: string;
}

/** Where a source is written: lines `from` to `to` (not included) of a file. */
export interface Place {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** Its stanza tells of several at once: what it says of all of them. */
  readonly shared?: SharedStanza | undefined;
}

export interface SharedStanza {
  readonly types: readonly string[];
  readonly uris: readonly string[];
  readonly suites: readonly string[];
}

export interface Placed extends Source {
  readonly place: Place;
}

const oneLine =
  /^(#+\s*)?(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(cdrom:\[[^\]]*\]\S*|[^\s[#]\S*)\s+([^\s#]+)((?:\s+[^\s#]+)*)\s*(?:#\s*(.*?)\s*)?$/;

/** Reads `deb [arch=amd64 signed-by=/x] uri suite comp...`, also when it is commented out; undefined for another line. */
export function parseLine(line: string): Source | undefined {
  const match = oneLine.exec(line.trim());
  if (!match) return undefined;
  const [, disabled, type, options = '', uri = '', suite = '', comps = '', comment = ''] = match;
  return {
    type: type as Source['type'],
    uri,
    suite,
    comps: words(comps),
    options: Object.fromEntries(
      words(options).map((option) => {
        const at = option.indexOf('=');
        return at < 0 ? [option, []] : [option.slice(0, at), option.slice(at + 1).split(',')];
      }),
    ),
    enabled: disabled === undefined,
    comment,
  };
}

/** The line of a source, without its end. */
export function printLine({ type, uri, suite, comps, options, enabled, comment }: Source): string {
  const given = Object.entries(options).map(([name, values]) => `${name}=${values.join(',')}`);
  const parts = [type, ...(given.length > 0 ? [`[${given.join(' ')}]`] : []), uri, suite, ...comps];
  return `${enabled ? '' : '# '}${parts.join(' ')}${comment === '' ? '' : ` # ${comment}`}`;
}

/** Whether two are the same but for what is asked of them: their kind, their place and their release. */
export function isSamePlace(one: Source, other: Source): boolean {
  return one.type === other.type && bare(one.uri) === bare(other.uri) && one.suite === other.suite;
}

/** All that matters of a source, in one order: the same text for the same meaning. */
export function meaning({ type, uri, suite, comps, options, enabled }: Source): string {
  const sorted = Object.entries(options)
    .map(([name, values]) => `${name}=${values.toSorted().join(',')}`)
    .toSorted();
  return JSON.stringify([type, bare(uri), suite, [...new Set(comps)].sort(), sorted, enabled]);
}

const bare = (uri: string): string => uri.replace(/\/+$/, '');

export const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
