import {
  isAlias,
  isMap as isYamlMap,
  isScalar,
  parseDocument,
  Scalar,
  visit,
  type Document,
  type Node,
  type ScalarTag,
} from 'yaml';
import { describe } from '../describe.ts';
import { configErrors } from '../errors/config.ts';
import { messageOf } from '../errors/error.ts';
import { isMap, type Json } from '../json.ts';
import { placeAt, type Place } from '../place.ts';
import { explainMistake } from '../yaml/mistakes.ts';

/** One config file, read. */
export interface ConfigDocument {
  readonly file: string;
  readonly values: Record<string, unknown>;
  /** Where an option's value (or, with `key`, its name) stands. */
  readonly placeOf: (path: readonly (string | number)[], key?: boolean) => Place;
}

// What Salt's users write for booleans, besides true and false.
const saltBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => new Scalar(/^(?:yes|on)$/i.test(text)),
};

function parse(source: string): Document.Parsed {
  return parseDocument(source, {
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) => [saltBoolean, ...tags],
  });
}

/** An anchor may be meant so often, with what is meant inside of it: beyond, a short file is a flood. */
const MOST_ALIASED = 10_000;

type Values = { readonly values: unknown } | { readonly problem: string; readonly offset: number };

/** What a document without mistakes says, or which of its aliases has no end or unfolds to too much. */
function valuesOf(document: Document.Parsed): Values {
  const anchors = new Map<string, Node>();
  let first: number | undefined;
  let wrong: Values | undefined;
  visit(document, {
    Node(_, node, ancestors) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
        return undefined;
      }
      const offset = node.range?.[0] ?? 0;
      first ??= offset;
      const target = anchors.get(node.source);
      if (!target) wrong = { problem: `there is no anchor &${node.source} before this`, offset };
      else if (ancestors.includes(target))
        wrong = { problem: `*${node.source} stands inside of what it means, and so has no end`, offset };
      return wrong && visit.BREAK;
    },
  });
  if (wrong) return wrong;
  try {
    return { values: document.toJS({ maxAliasCount: MOST_ALIASED }) };
  } catch (thrown) {
    // It counts what aliases unfold to.
    if (!(thrown instanceof ReferenceError) || first === undefined) throw thrown;
    return { problem: 'the aliases of this file unfold to too many values', offset: first };
  }
}

/** Reads the text of a config file. Raises `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`. */
export function readDocument(file: string, source: string): ConfigDocument {
  const document = parse(source);
  const mistake = document.errors[0] ?? document.warnings[0];
  if (mistake) {
    const { problem, offset, hint } = explainMistake(source, document, mistake);
    throw configErrors.syntax({ problem }, { place: placeAt(file, source, offset), hint });
  }
  const placeOf: ConfigDocument['placeOf'] = (path, key = false) =>
    placeAt(file, source, offsetOf(document, path, key));
  const read = valuesOf(document);
  if ('problem' in read)
    throw configErrors.syntax({ problem: read.problem }, { place: placeAt(file, source, read.offset) });
  const { values } = read;
  if (values === null) return { file, values: {}, placeOf };
  if (!isMap(values)) throw configErrors.notAMap({ got: describe(values) }, { place: placeOf([]) });
  return { file, values, placeOf };
}

/**
 * The text of a config file with the value at a path set, or taken away where there is none; all else stays as it is
 * written. Raises `TS_CONFIG_SYNTAX`, `TS_CONFIG_NOT_A_MAP`, and `TS_CONFIG_UNCHANGEABLE` where aliases are in the way.
 */
export function editDocument(
  file: string,
  source: string,
  path: readonly [string, ...string[]],
  value: Json | undefined,
): string {
  readDocument(file, source);
  const document = parse(source);
  try {
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, document.createNode(value));
    // What is empty is written as nothing, not as `{}`.
    const { contents } = document;
    if (isYamlMap(contents) && contents.items.length === 0) document.contents = null;
    const text = document.toString({ lineWidth: 0 });
    return text === 'null\n' ? '' : text;
  } catch (cause) {
    // An alias is in the way: of what is changed, or instead of it.
    const place = placeAt(file, source, offsetOf(document, path.slice(0, 1), true));
    throw configErrors.unchangeable({ name: path.join(':'), why: messageOf(cause) }, { place });
  }
}

/** Reads one value as a config file would; the text itself when it is not YAML. */
export function readValue(text: string): unknown {
  const document = parse(text);
  if (document.errors.length + document.warnings.length > 0) return text;
  const read = valuesOf(document);
  return 'values' in read ? read.values : text;
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[], key: boolean): number {
  const parent: unknown = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const last = path.at(-1);
  if (key && isYamlMap(parent)) {
    const found = parent.items.find((item) => isScalar(item.key) && item.key.value === last)?.key;
    if (isScalar(found)) return found.range?.[0] ?? 0;
  }
  const node: unknown = document.getIn(path, true);
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0;
}
