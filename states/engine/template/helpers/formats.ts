import { isMap } from '../../../../lib/json.ts';
import { loadYaml } from '../../../../lib/yaml/load.ts';
import { keyAsWritten, keysOf } from '../../../../lib/yaml/maps.ts';
import { resolvePlain } from '../../../../lib/yaml/scalar.ts';
import { asText, toJson } from '../values.ts';
import { flag, refuse, text, whole, type Helpers } from './definition.ts';

/** Deeper is no data that anybody wrote. */
const deepest = 200;

/** JSON over several lines. The other characters that YAML's reader refuses are escaped by `toJson`, line by line. */
function indentedJson(value: unknown, blanks: number, depth = 0): string {
  if (depth > deepest) refuse('a value that is less deep');
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const entries = Array.isArray(value)
    ? value.map((item) => indentedJson(item, blanks, depth + 1))
    : isMap(value)
      ? keysOf(value).map((key) => `${toJson(key)}: ${indentedJson(value[key], blanks, depth + 1)}`)
      : undefined;
  if (entries === undefined) return toJson(value);
  if (entries.length === 0) return `${open}${close}`;
  const lead = `\n${' '.repeat(blanks * (depth + 1))}`;
  return `${open}${entries.map((one) => lead + one).join(',')}\n${' '.repeat(blanks * depth)}${close}`;
}

// oxlint-disable-next-line no-control-regex
const plain = /^(?!\.\.\.)[A-Za-z0-9_./][^\n:#"'\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]*$/;

/** As YAML 1.1 has numbers: one with an exponent has a point, and a whole one that a double can't count is read as text. */
function yamlNumber(value: number): string {
  const written = asText(value) ?? '';
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && !written.includes('e')) return `${written}.0`;
  return written.replace(/^(-?\d+)e/, '$1.0e');
}

function yamlScalar(value: unknown): string {
  if (typeof value === 'number') return yamlNumber(value);
  if (typeof value !== 'string') return toJson(value);
  return plain.test(value) && value.trimEnd() === value && resolvePlain(value) === value ? value : toJson(value);
}

/** A value as the lines of a block, which read back as the same value. */
function yamlLines(value: unknown, depth = 0): string[] {
  if (depth > deepest) refuse('a value that is less deep');
  const isBlock = (of: unknown) => (Array.isArray(of) ? of.length > 0 : isMap(of) && keysOf(of).length > 0);
  if (!isBlock(value)) return [yamlScalar(value)];
  if (Array.isArray(value)) {
    return value.flatMap((item) =>
      yamlLines(item, depth + 1).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`)),
    );
  }
  const of = value as Record<string, unknown>;
  return keysOf(of).flatMap((key) => {
    const name = yamlScalar(keyAsWritten(of, key));
    const [first = '', ...rest] = yamlLines(of[key], depth + 1);
    return isBlock(of[key]) ? [`${name}:`, ...[first, ...rest].map((line) => `  ${line}`)] : [`${name}: ${first}`];
  });
}

function python(value: unknown, depth = 0): string {
  if (depth > deepest) refuse('a value that is less deep');
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map((item) => python(item, depth + 1)).join(', ')}]`;
  if (!isMap(value)) return asText(value) ?? '';
  const entry = (key: string) => `${python(keyAsWritten(value, key), depth + 1)}: ${python(value[key], depth + 1)}`;
  return `{${keysOf(value).map(entry).join(', ')}}`;
}

function pythonText(of: string): string {
  const mark = of.includes("'") && !of.includes('"') ? '"' : "'";
  const escaped = of
    .replaceAll('\\', '\\\\')
    .replaceAll(mark, `\\${mark}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  // oxlint-disable-next-line no-control-regex
  const shown = escaped.replace(/[\x00-\x1f\x7f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return mark + shown + mark;
}

/** What a text of YAML says; `shown` is what its errors call it. */
export function readYaml(source: string, shown: string): unknown {
  const { data, errors } = loadYaml(source, shown);
  if (errors[0]) throw errors[0];
  return data;
}

export function readJson(source: string, shown: string): unknown {
  try {
    // JSON.parse gives a plain key even to __proto__, and templates see own entries only.
    return JSON.parse(source) as unknown;
  } catch (thrown) {
    throw new RangeError(`${shown} is not JSON: ${(thrown as Error).message}`, { cause: thrown });
  }
}

const blanks = (value: unknown): number =>
  whole(value, 0) <= 200 ? whole(value) : refuse('an indent of 0 to 200 blanks');

export const formats = (): Helpers => ({
  json: {
    summary: 'A value as JSON, which is YAML, too: on one line, or over several with `indent`.',
    takes: 'one value',
    args: [1, 1],
    named: ['indent'],
    jinja: 'x | tojson, x | json',
    example: '{{json pillar.web}}',
    gives: '{"port":8080}',
    call: ([value], { indent }) => (indent === undefined ? toJson(value) : indentedJson(value, blanks(indent))),
  },
  yaml: {
    summary: 'A value as lines of YAML, with `indent` blanks before each but the first; on one line with `flow=true`.',
    takes: 'one value',
    args: [1, 1],
    named: ['indent', 'flow'],
    jinja: 'x | yaml(False) | indent(4)',
    example: 'web:\n  {{yaml (dict port=80 names=(list "a" "b")) indent=2}}',
    gives: 'web:\n  port: 80\n  names:\n    - a\n    - b',
    call: ([value], { indent = 0, flow }) =>
      flag(flow) ? toJson(value) : yamlLines(value).join(`\n${' '.repeat(blanks(indent))}`),
  },
  python: {
    summary: 'A value as Python writes it.',
    takes: 'one value',
    args: [1, 1],
    jinja: 'x | python',
    example: '{{python (dict a=true b=null c="x")}}',
    gives: "{'a': True, 'b': None, 'c': 'x'}",
    call: ([value]) => python(value),
  },
  quote: {
    summary: 'A text in double quotes, for YAML and JSON: text there whatever is in it.',
    takes: 'one value that is no map or list',
    args: [1, 1],
    jinja: 'x | yaml_dquote, x | yaml_encode',
    example: 'motd: {{quote "a: \\"b\\" # c"}}',
    gives: 'motd: "a: \\"b\\" # c"',
    call: ([value]) => toJson(text(value)),
  },
  load_yaml: {
    summary: 'What a text of YAML says.',
    takes: 'a text',
    args: [1, 1],
    jinja: 'x | load_yaml, {% load_yaml as x %}',
    example: '{{#with (load_yaml "{port: 80}") as |web|}}{{web.port}}{{/with}}',
    gives: '80',
    call: ([source]) => readYaml(text(source), 'load_yaml'),
  },
  load_json: {
    summary: 'What a text of JSON says.',
    takes: 'a text',
    args: [1, 1],
    jinja: 'x | load_json, {% load_json as x %}',
    example: '{{lookup (load_json "[1, 2]") 1}}',
    gives: '2',
    call: ([source]) => readJson(text(source), 'the text'),
  },
  import_yaml: {
    summary: 'What a YAML file of the tree says.',
    takes: 'a path in the tree',
    args: [1, 1],
    jinja: "{% import_yaml 'web/map.yaml' as map %}",
    example: '{{#with (import_yaml "web/map.yaml") as |map|}}{{map.Debian.package}}{{/with}}',
    gives: 'nginx-light',
    call: ([name], _, around) => {
      const { text: source, shown } = around.file(text(name));
      return readYaml(source, shown);
    },
  },
  import_json: {
    summary: 'What a JSON file of the tree says.',
    takes: 'a path in the tree',
    args: [1, 1],
    jinja: "{% import_json 'web/ports.json' as ports %}",
    example: '{{lookup (import_json "web/ports.json") "https"}}',
    gives: '443',
    call: ([name], _, around) => {
      const { text: source, shown } = around.file(text(name));
      return readJson(source, shown);
    },
  },
  import_text: {
    summary: 'What stands in a file of the tree.',
    takes: 'a path in the tree',
    args: [1, 1],
    jinja: "{% import_text 'motd.txt' as motd %}",
    example: '{{trim (import_text "motd.txt")}}',
    gives: 'Welcome,\nbe kind.',
    call: ([name], _, around) => around.file(text(name)).text,
  },
});
