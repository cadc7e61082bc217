import * as v from 'valibot';
import type { Finding } from '../config/option.ts';
import { describe } from '../describe.ts';
import { didYouMean, type ErrorDetails } from '../errors/error.ts';
import { gitErrors } from '../errors/git.ts';
import { isMap } from '../json.ts';
import { nearest } from '../nearest.ts';
import { placeWithoutLine } from '../place.ts';

/* How remotes are written in Salt's config: an address, or `{address: [{setting: value}, ...]}`. */

type Way = readonly (string | number)[];

/** A remote as it is written, with what is right of its settings. */
export interface Written {
  /** What stands as its address: of `git_pillar`, with the branch before it. */
  readonly said: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What settings there are, and which of Salt's have no effect here, with the reason. */
export interface Vocabulary {
  readonly known: Readonly<Record<string, v.GenericSchema>>;
  readonly saltOnly: Readonly<Record<string, string>>;
  /** Why what stands as the address is none. */
  whyNot(said: string): string | undefined;
}

const files = 'who we are is in files: privkey (ssh), http_header_file (https)';

/** Salt's settings that have no effect, for both kinds of remotes. */
export const saltOnly: Vocabulary['saltOnly'] = {
  user: files,
  password: files,
  passphrase: 'a key with a passphrase is for an agent (ssh-agent)',
  pubkey: 'privkey is enough',
  insecure_auth: files,
  refspecs: 'what is fetched is what is served, and no name of a remote is kept',
  provider: "it is the system's git that fetches",
};

const text = v.pipe(v.string('a text'), v.nonEmpty('a text'));
/** A place in a tree: no way leads out of it. */
export const folder = v.pipe(
  v.string('a folder of a tree, such as states/web'),
  v.transform((given) => given.replace(/^salt:\/\//, '').replace(/^\/+|\/+$/g, '')),
  v.check(
    (given) => given === '' || given.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    "a folder of a tree, such as states/web, without '..'",
  ),
);
export const file = v.pipe(v.string('an absolute path of a file'), v.startsWith('/', 'an absolute path of a file'));
export const texts = v.union(
  [
    v.array(v.string()),
    v.pipe(
      v.string(),
      v.transform((given) => given.split(',').map((one) => one.trim())),
    ),
  ],
  'a list of texts',
);
export const refTypes = v.union(
  [
    v.array(v.picklist(['branch', 'tag', 'sha'])),
    v.pipe(
      v.picklist(['branch', 'tag', 'sha']),
      v.transform((one) => [one]),
    ),
  ],
  'a list of branch, tag, sha',
);
export const seconds = v.pipe(v.number('a number of seconds from 5'), v.minValue(5, 'a number of seconds from 5'));

/** What remotes of both kinds may say. */
export const commonSettings = {
  name: text,
  base: text,
  fallback: v.string('a text'),
  root: folder,
  mountpoint: folder,
  ssl_verify: v.boolean('true or false'),
  privkey: file,
  http_header_file: file,
} satisfies Vocabulary['known'];

/** Reads a list of remotes; what is wrong in it is found with its place, and left out. */
export function readRemotes(
  list: readonly unknown[],
  vocabulary: Vocabulary,
  at: Way = [],
): { readonly remotes: readonly Written[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const remotes = list.flatMap((one, index): Written[] => {
    const way = [...at, index];
    const keys = isMap(one) ? Object.keys(one) : [];
    const said = typeof one === 'string' ? one : keys.length === 1 ? keys[0] : undefined;
    if (said === undefined) {
      findings.push({ ...here(way), error: (more) => gitErrors.notARemote({ got: describe(one) }, more) });
      return [];
    }
    const why = vocabulary.whyNot(said);
    if (why !== undefined) {
      const place = typeof one === 'string' ? here(way) : { ...here([...way, said]), ofKey: true };
      findings.push({ ...place, error: (more) => gitErrors.badAddress({ why }, withoutLine(more)) });
      return [];
    }
    const settings = isMap(one) ? readSettings(one[said], vocabulary, [...way, said], findings) : {};
    return [{ said, settings }];
  });
  return { remotes, findings };
}

/** Reads settings, a map or a list of maps; what comes later counts. */
export function readSettings(
  written: unknown,
  { known, saltOnly: useless }: Pick<Vocabulary, 'known' | 'saltOnly'>,
  at: Way,
  findings: Finding[],
): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const { way, key, value } of entriesOf(written, at, findings)) {
    if (Object.hasOwn(useless, key)) {
      const facts = { setting: key, why: useless[key] ?? '' };
      findings.push({
        ...here(way),
        ofKey: true,
        isHarmless: true,
        error: (more) => gitErrors.noEffect(facts, withoutLine(more)),
      });
      continue;
    }
    const schema = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!schema) {
      const hint = didYouMean(nearest(key, Object.keys(known))) ?? `there are ${Object.keys(known).join(', ')}`;
      const error: Finding['error'] = (more) => gitErrors.unknownSetting({ setting: key }, { hint, ...more });
      findings.push({ ...here(way), ofKey: true, error });
      continue;
    }
    const parsed = v.safeParse(schema, value);
    if (parsed.success) settings[key] = parsed.output;
    else {
      const facts = { setting: key, expected: parsed.issues[0].message, got: describe(value) };
      findings.push({ ...here(way), error: (more) => gitErrors.badSetting(facts, more) });
    }
  }
  return settings;
}

interface Entry {
  readonly way: Way;
  readonly key: string;
  readonly value: unknown;
}

/** The entries of a map, or of a list of maps, each with its place. */
export function entriesOf(written: unknown, at: Way, findings: Finding[]): Entry[] {
  const parts = Array.isArray(written)
    ? written.map((part: unknown, index) => ({ part, way: [...at, index] }))
    : [{ part: written ?? {}, way: at }];
  return parts.flatMap(({ part, way }): Entry[] => {
    if (isMap(part)) return Object.entries(part).map(([key, value]) => ({ way: [...way, key], key, value }));
    const facts = { what: `'${String(at.at(-1))}'`, got: describe(part) };
    findings.push({ ...here(way), error: (more) => gitErrors.notSettings(facts, more) });
    return [];
  });
}

function here(path: Way): Pick<Finding, 'path' | 'ofKey' | 'isHarmless'> {
  return { path, ofKey: false, isHarmless: false };
}

/** A line that may have a password in it is not shown. */
function withoutLine({ place, ...more }: ErrorDetails = {}): ErrorDetails {
  return place ? { ...more, place: placeWithoutLine(place) } : more;
}
