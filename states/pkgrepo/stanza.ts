import { words, type Placed, type SharedStanza, type Source } from './source.ts';

/* The deb822 form of sources: paragraphs of fields in files that end in `.sources` (sources.list(5)). */

const fieldNames: Readonly<Record<string, string>> = {
  arch: 'Architectures',
  lang: 'Languages',
  target: 'Targets',
  pdiffs: 'PDiffs',
};
const optionNames = Object.fromEntries(
  Object.entries(fieldNames).map(([option, field]) => [field.toLowerCase(), option]),
);

/** Reads every stanza of a file; one of several kinds, places or releases gives a source for each of them. */
export function parseStanzas(file: string, lines: readonly string[]): Placed[] {
  const sources: Placed[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to < lines.length && lines[to]?.trim() !== '') to++;
    if (to > from) sources.push(...parseStanza(file, lines, from, to));
    from = to + 1;
  }
  return sources;
}

function parseStanza(file: string, lines: readonly string[], from: number, to: number): Placed[] {
  const fields = fieldsOf(lines.slice(from, to));
  const list = (name: string): string[] => words(fields.get(name) ?? '');
  const [types, uris, suites] = [list('types'), list('uris'), list('suites')];
  const options = Object.fromEntries(
    [...fields]
      .filter(([name]) => !['types', 'uris', 'suites', 'components', 'enabled', '#'].includes(name))
      .map(([name, value]) => [optionNames[name] ?? name, value.includes('-----BEGIN') ? [value] : words(value)]),
  );
  const shared = types.length * uris.length * suites.length > 1 ? { types, uris, suites } : undefined;
  return types
    .filter((type): type is Source['type'] => type === 'deb' || type === 'deb-src')
    .flatMap((type) =>
      uris.flatMap((uri) =>
        suites.map((suite) => ({
          type,
          uri,
          suite,
          comps: list('components'),
          options,
          enabled: !/^(no|false|without|off|disable|0)$/i.test(fields.get('enabled') ?? 'yes'),
          comment: fields.get('#') ?? '',
          place: { file, from, to, shared },
        })),
      ),
    );
}

/** Fields by their names in small letters; under `#` what its comments say. */
function fieldsOf(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of lines) {
    const [, name, value = ''] = /^([A-Za-z0-9-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (line.startsWith('#')) fields.set('#', [fields.get('#'), line.slice(1).trim()].filter(Boolean).join(' '));
    else if (name !== undefined) fields.set((last = name.toLowerCase()), value);
    else if (last !== '') fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`);
  }
  return fields;
}

/** The lines of a stanza. */
export function printStanza({ type, uri, suite, comps, options, enabled, comment }: Source): string[] {
  const field = (option: string): string =>
    fieldNames[option] ??
    option.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
  return [
    ...(comment === '' ? [] : [`# ${comment}`]),
    ...(enabled ? [] : ['Enabled: no']),
    `Types: ${type}`,
    `URIs: ${uri}`,
    `Suites: ${suite}`,
    ...(comps.length > 0 ? [`Components: ${comps.join(' ')}`] : []),
    ...Object.entries(options).map(([option, values]) => `${field(option)}: ${printValue(values)}`),
  ];
}

/** A key that is written into the stanza itself goes over several lines; an empty one is a dot. */
function printValue(values: readonly string[]): string {
  return values
    .join(' ')
    .split('\n')
    .map((line, index) => (index === 0 ? line : ` ${line === '' ? '.' : line}`))
    .join('\n');
}

/**
 * The lines of a stanza of several sources without one of them; undefined where leaving it out takes others away, too:
 * the stanza names all pairs of kinds, places and releases.
 */
export function withoutSource(stanza: readonly string[], shared: SharedStanza, source: Source): string[] | undefined {
  const lists = [
    ['types', shared.types, source.type],
    ['uris', shared.uris, source.uri],
    ['suites', shared.suites, source.suite],
  ] as const;
  const several = lists.filter(([, values]) => values.length > 1);
  const [only] = several;
  if (!only || several.length > 1) return undefined;
  const [name, values, gone] = only;
  let inField = false;
  return stanza.flatMap((line) => {
    const [, label] = /^([A-Za-z0-9-]+:)/.exec(line) ?? [];
    if (label === undefined) return inField && !line.startsWith('#') ? [] : [line];
    inField = label.toLowerCase() === `${name}:`;
    return [inField ? `${label} ${values.filter((value) => value !== gone).join(' ')}` : line];
  });
}
