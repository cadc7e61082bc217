import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  Scalar as ScalarNode,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { didYouMean, messageOf, TsaltError } from '../errors/error.ts';
import { secretErrors } from '../errors/secrets.ts';
import { yamlErrors } from '../errors/yaml.ts';
import { nearest } from '../nearest.ts';
import type { Place } from '../place.ts';
import { MARK } from '../secrets/marked.ts';
import type { ReadSecret } from './load.ts';
import { explainMistake, quoteIt } from './mistakes.ts';
import { addEntry, newMap, type Yaml, type YamlMap } from './maps.ts';
import { readFloat, readInteger, resolvePlain, type Scalar } from './scalar.ts';

/** Gives the place of an offset of the text that was parsed. */
export type Placer = (offset: number) => Place;

/** Values that aliases may unfold to in one file. */
const mostAliased = 200_000;

export function parseWhole(text: string): Document {
  return parseDocument(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
}

/** The data of any YAML. Mistakes are added to `errors`; the data is then what could be made of the rest. */
export function readWhole(text: string, placeOf: Placer, errors: TsaltError[], secret?: ReadSecret): Yaml {
  let document: Document;
  try {
    document = parseWhole(text);
  } catch (thrown) {
    errors.push(yamlErrors.tooDeep(undefined, { place: placeOf(0), cause: thrown }));
    return null;
  }
  // What follows the first syntax error mostly follows from it.
  const [first] = document.errors;
  if (first) {
    const { problem, offset, hint } = explainMistake(text, document, first);
    errors.push(yamlErrors.syntax({ problem }, { place: placeOf(offset), hint }));
    return null;
  }
  try {
    return new Builder(document, text, placeOf, errors, secret).value(document.contents);
  } catch (thrown) {
    errors.push(
      thrown instanceof TsaltError ? thrown : yamlErrors.syntax({ problem: messageOf(thrown) }, { place: placeOf(0) }),
    );
    return null;
  }
}

class Builder {
  private readonly document: Document;
  private readonly text: string;
  private readonly placeOf: Placer;
  private readonly errors: TsaltError[];
  private readonly secret: ReadSecret | undefined;
  private readonly targets = new Map<Alias, Node>();
  private aliased = 0;
  private inAlias = 0;
  private depth = 0;

  constructor(document: Document, text: string, placeOf: Placer, errors: TsaltError[], secret: ReadSecret | undefined) {
    this.document = document;
    this.text = text;
    this.placeOf = placeOf;
    this.errors = errors;
    this.secret = secret;
  }

  value(node: unknown): Yaml {
    if (this.inAlias > 0 && ++this.aliased > mostAliased)
      throw yamlErrors.tooManyAliases(undefined, { place: this.place(node) });
    if (this.depth > 500) throw yamlErrors.tooDeep(undefined, { place: this.place(node) });
    this.depth++;
    try {
      if (isScalar(node)) return this.scalar(node);
      if (isMap(node)) return this.map(node);
      if (isSeq(node)) {
        this.tag(node, ['seq']);
        return node.items.map((item) => this.value(item));
      }
      if (isAlias(node)) {
        return this.inside(node, (target) => this.value(target));
      }
      return null;
    } finally {
      this.depth--;
    }
  }

  private map(node: YAMLMap): YamlMap {
    this.tag(node, ['map', 'omap']);
    const map = newMap();
    const merged: YamlMap[] = [];
    const own = new Map<string, number>();
    const entries: [Scalar, Yaml][] = [];
    for (const { key, value } of node.items as Pair[]) {
      if (isScalar(key) && key.type === ScalarNode.PLAIN && key.source === '<<') {
        merged.push(...this.merge(value));
        continue;
      }
      const name = this.value(key);
      if (typeof name === 'object' && name !== null) {
        const hint = 'put quotes around a value that starts with {';
        this.errors.push(yamlErrors.keyNotScalar(undefined, { place: this.place(key), hint }));
        continue;
      }
      const known = own.get(String(name));
      if (known !== undefined) {
        const { line } = this.placeOf(known);
        this.errors.push(yamlErrors.duplicateKey({ key: String(name), line }, { place: this.place(key) }));
        continue;
      }
      own.set(String(name), start(key));
      entries.push([name, this.value(value)]);
    }
    // What is merged comes first, as in Salt; of several the last one listed yields to the first.
    for (const source of merged)
      for (const name of Object.keys(source)) if (!own.has(name)) addEntry(map, name, source[name] ?? null);
    for (const [name, value] of entries) addEntry(map, name, value);
    return map;
  }

  private merge(node: unknown): YamlMap[] {
    if (isAlias(node)) return this.inside(node, (target) => this.merge(target));
    // A value of its own: what is merged may unfold as what is named does.
    if (isMap(node)) return [this.value(node) as YamlMap];
    if (isSeq(node)) return node.items.flatMap((item) => this.merge(item));
    throw yamlErrors.badMerge(undefined, { place: this.place(node) });
  }

  /** Goes on with what an alias stands for. */
  private inside<T>(alias: Alias, go: (target: Node) => T): T {
    // Looked for once: the package walks the whole document for it.
    const target = this.targets.get(alias) ?? alias.resolve(this.document);
    if (!target) {
      const hint = `${quoteIt(`*${alias.source}`)}, if it is a text`;
      throw yamlErrors.unknownAlias({ name: alias.source }, { place: this.place(alias), hint });
    }
    this.targets.set(alias, target);
    this.inAlias++;
    const made = go(target);
    this.inAlias--;
    return made;
  }

  private scalar(node: ScalarNode): Scalar {
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    const tag = node.tag?.replace(/^tag:yaml\.org,2002:/, '');
    if (tag === undefined || (tag === 'str' && !this.tagged(node))) {
      if (node.type === ScalarNode.PLAIN || node.type === undefined) return resolvePlain(text);
      const isBlock = node.type === ScalarNode.BLOCK_LITERAL || node.type === ScalarNode.BLOCK_FOLDED;
      // A block that ends with the file, without a line end there, has none either.
      const cut = isBlock && (node.range?.[1] ?? 0) >= this.text.length && !this.text.endsWith('\n');
      return cut ? text.replace(/\n$/, '') : text;
    }
    switch (tag) {
      case 'str':
      case 'timestamp':
      case '!':
        return text;
      case 'null':
        return null;
      case 'int':
        return this.typed(node, tag, readInteger(text));
      case 'float':
        return this.typed(node, tag, readFloat(text));
      case 'bool': {
        const value = resolvePlain(text.toLowerCase());
        return this.typed(node, tag, typeof value === 'boolean' ? value : undefined);
      }
      case MARK:
        return this.marked(node, text);
      default:
        throw this.unknownTag(node, tag);
    }
  }

  private unknownTag(node: Node, tag: string): TsaltError {
    const near = nearest(tag, [MARK]);
    const { text, ...place } = this.place(node);
    // What was to be marked is a secret already.
    const shown = near === undefined && text !== undefined ? { ...place, text } : place;
    return yamlErrors.unknownTag({ tag: node.tag ?? tag }, { place: shown, hint: didYouMean(near) });
  }

  private marked(node: Node, text: string): Scalar {
    const place = this.place(node);
    try {
      if (this.secret) return this.secret(text, place);
      const hint = 'marked secrets belong in pillar: put it there, and its name here, {{pillar.name}}';
      throw yamlErrors.secretOutside(undefined, { place, hint });
    } catch (thrown) {
      if (!(thrown instanceof TsaltError)) throw thrown;
      this.errors.push(thrown);
      return null;
    }
  }

  private typed(node: ScalarNode, tag: string, value: Scalar | undefined): Scalar {
    if (value !== undefined && !Number.isNaN(value)) return value;
    throw yamlErrors.badTagValue({ tag: `!!${tag}`, text: node.source ?? '' }, { place: this.place(node) });
  }

  /** The failsafe schema gives every scalar the tag `str`: was it written? */
  private tagged(node: ScalarNode): boolean {
    return node.tag !== undefined;
  }

  private tag(node: Node, allowed: readonly string[]): void {
    if (node.tag === undefined || allowed.includes(node.tag.replace(/^tag:yaml\.org,2002:/, ''))) return;
    if (node.tag === MARK) {
      const found = isSeq(node) ? 'a list' : 'a map';
      const hint = `mark each text in it: 'password: ${MARK} ...'`;
      this.errors.push(secretErrors.notText({ found }, { place: this.place(node), hint }));
      return;
    }
    this.errors.push(this.unknownTag(node, node.tag));
  }

  private place(node: unknown): Place {
    return this.placeOf(start(node));
  }
}

function start(node: unknown): number {
  return (node as Partial<Node> | null)?.range?.[0] ?? 0;
}

export type Step = string | number;

/** The offset of what stands at `path` in a parsed text: of the key, or of the value. The nearest thing above when it is gone. */
export function offsetOf(document: Document, path: readonly Step[], what: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = start(node);
  /** Where the key of the innermost thing that is there stands. */
  let keyed = offset;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = index === path.length - 1;
    if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (node === undefined) return keyed;
    } else if (isMap(node)) {
      const pair = pairOf(node, String(step), document);
      if (!pair) return keyed;
      if (last && what === 'key') return start(pair.key);
      // A value that is empty stands where its key is.
      keyed = offset = start(pair.key);
      node = pair.value;
    } else return keyed;
    const own = start(node);
    if (own > 0) offset = own;
  }
  return offset;
}

function pairOf(map: YAMLMap, name: string, document: Document): Pair | undefined {
  const pairs = map.items as Pair[];
  const own = pairs.find(({ key }) => isScalar(key) && keyName(key) === name);
  if (own) return own;
  for (const { key, value } of pairs) {
    if (!isScalar(key) || key.source !== '<<') continue;
    const target = isAlias(value) ? value.resolve(document) : value;
    for (const source of isSeq(target) ? target.items : [target]) {
      const map = isAlias(source) ? source.resolve(document) : source;
      const inner = isMap(map) ? pairOf(map, name, document) : undefined;
      if (inner) return inner;
    }
  }
  return undefined;
}

function keyName(key: ScalarNode): string {
  const text = typeof key.value === 'string' ? key.value : (key.source ?? '');
  return String(key.type === ScalarNode.PLAIN ? resolvePlain(text) : text);
}
