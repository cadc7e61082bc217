import test from 'ava';
import { onlyEnvironment } from '../../states/engine/environments.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { templateFiles } from '../../states/engine/files.ts';
import { prepareText, renderText, renderYaml, type RenderContext } from '../../states/engine/render.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';
import { treeWith } from '../../states/engine/tree.ts';
import { treeOf } from './kit.ts';

const data = {
  id: 'web1',
  list: ['a', 'b'],
  hosts: [{ name: 'w1' }, { name: 'w2' }],
  tree: { at: 1, in: [{ at: 2, in: [] }] },
};

const tree = treeOf({
  'web/vhost.conf': 'server {{name}};\n{{#if (defined port)}}\nport {{port}};\n{{/if}}\n',
  'web/ssl/init.conf': '{{> "../vhost.conf" name=id}}{{> "./key.conf"}}',
  'web/ssl/key.conf': 'key {{id}}\n',
  'web/wrong.conf': 'a\n{{nothing}}\n',
  'lib/macros.hbs':
    '{{#*inline "user"}}user {{name}}{{> sep}}{{/inline}}{{#*inline "sep"}}; {{/inline}}text of its own',
  'data.yaml': 'a: [1, 2]\n',
  'wrong.yaml': 'a: [1\n',
  'latin.txt': 'ok',
});
const files = templateFiles(tree);

function render(source: string, path?: string): string {
  return compileTemplate(source, 'x.sls').render(data, { files, path }).text;
}

function errorOf(source: string, path?: string): string {
  try {
    return `rendered: ${render(source, path)}`;
  } catch (thrown) {
    return thrown instanceof TsaltError ? thrown.message : String(thrown);
  }
}

const rendered: readonly (readonly [situation: string, source: string, text: string])[] = [
  ['let, names for values', '{{#let a=1 b=(add a 1)}}{{a}}{{b}}{{/let}}', '12'],
  ['let, in let', '{{#let a=1}}{{#let a=2 b=a}}{{a}}{{b}}{{/let}}{{a}}{{/let}}', '221'],
  [
    'let, no level of its own',
    '{{#each hosts}}{{#let x=1}}{{name}}{{../id}}{{@index}} {{/let}}{{/each}}',
    'w1web10 w2web11 ',
  ],
  ['let, in a loop', '{{#each list as |one|}}{{#let both=(concat one @index)}}{{both}} {{/let}}{{/each}}', 'a0 b1 '],
  ['an inline partial, with what it is given', '{{#*inline "m"}}[{{x}}]{{/inline}}{{> m x=1}}{{> m x="b"}}', '[1][b]'],
  ['an inline partial, called before it stands there', '{{> m}}{{#*inline "m"}}m{{/inline}}', 'm'],
  ['an inline partial, with a default', '{{#*inline "m"}}{{default x 2}}{{/inline}}{{> m}}{{> m x=1}}', '21'],
  [
    'an inline partial, over an item',
    '{{#*inline "m"}}{{name}} {{/inline}}{{#each hosts}}{{> m}}{{/each}}{{> m hosts.[0]}}',
    'w1 w2 w1 ',
  ],
  [
    'an inline partial of a block, in that block only',
    '{{#*inline "m"}}out{{/inline}}{{#if id}}{{#*inline "m"}}in{{/inline}}{{> m}}{{/if}}{{> m}}',
    'inout',
  ],
  ['an inline partial, by a name that is made', '{{#*inline "m1"}}one{{/inline}}{{> (concat "m" 1)}}', 'one'],
  [
    'an inline partial, in itself',
    '{{#*inline "t"}}{{at}}{{#each in}}({{> t}}){{/each}}{{/inline}}{{> t tree}}',
    '1(2)',
  ],
  [
    'a partial with a block',
    '{{#*inline "box"}}<{{> @partial-block}}>{{/inline}}{{#each list as |one|}}{{#> box}}{{one}}{{/box}}{{/each}}',
    '<a><b>',
  ],
  [
    'a partial on a line of its own, indented',
    'a:\n  {{> m}}\nb\n{{#*inline "m"}}\nx: |\n  1\n\n  2\n{{/inline}}\n',
    'a:\n  x: |\n    1\n\n    2\nb\n',
  ],
  [
    'a partial in an indented one, indented by both',
    '{{#*inline "in"}}\ny\n{{/inline}}\n{{#*inline "out"}}\nx\n {{> in}}\nz\n{{/inline}}\n  {{> out}}\n',
    '  x\n   y\n  z\n',
  ],
  ['a file of the tree', '{{> "web/vhost.conf" name="x" port=80}}', 'server x;\nport 80;\n'],
  ['a file of the tree, by an address', '{{> "salt://web/vhost.conf" name="x"}}', 'server x;\n'],
  ['a file of the tree, without quotes', '{{> web/vhost.conf name="x"}}', 'server x;\n'],
  ['files beside a file', '{{> "web/ssl/init.conf"}}', 'server web1;\nkey web1\n'],
  ['partials of another file', '{{*import "lib/macros.hbs"}}{{#each hosts}}{{> user}}{{/each}}', 'user w1; user w2; '],
  ['a rendering as a text', '{{#*inline "m"}}a: {{x}}\n{{/inline}}{{lookup (load_yaml (render "m" x=2)) "a"}}', '2'],
  ['a rendering of a file', '{{upper (render "web/vhost.conf" name="x")}}', 'SERVER X;\n'],
  ['a file of data', '{{#with (import_yaml "data.yaml") as |map|}}{{join map.a}}{{/with}}', '1, 2'],
];

for (const [situation, source, text] of rendered) {
  test(`template: ${situation}`, (t) => t.is(errorOf(source), `rendered: ${text}`));
}

test('template: a file beside the template itself', (t) => {
  t.is(
    errorOf('{{> "./key.conf"}}{{trim (import_text "../../latin.txt")}}', 'web/ssl/x.sls'),
    'rendered: key web1\nok',
  );
});

const refused: readonly (readonly [situation: string, source: string, message: RegExp])[] = [
  [
    'a misspelt partial',
    '{{#*inline "head"}}{{/inline}}\n{{> haed}}',
    /2:1: there is no partial 'haed'[^]*did you mean 'head'/,
  ],
  [
    'a misspelt partial of another file',
    '{{*import "lib/macros.hbs"}}{{> usr}}',
    /no partial 'usr'[^]*did you mean 'user'/,
  ],
  [
    'a partial that sees what is around it',
    '{{#*inline "m"}}{{one}}{{/inline}}{{#each list as |one|}}{{> m}}{{/each}}',
    /1:19: 'one' is not defined/,
  ],
  ['a partial without an end', '{{#*inline "m"}}{{> m}}{{/inline}}{{> m}}', /partial 'm' calls itself without an end/],
  [
    'a partial that grows without measure',
    '{{#*inline "m"}}{{#each (range 9)}}{{> m}}{{/each}}{{/inline}}{{> m}}',
    /without an end|more than five million steps/,
  ],
  [
    'loops without measure',
    '{{#each (range 100000)}}{{#each (range 100000)}}{{/each}}{{/each}}',
    /more than five million steps/,
  ],
  [
    'a block that is not given',
    '{{#*inline "m"}}{{> @partial-block}}{{/inline}}{{> m}}',
    /no partial '@partial-block'/,
  ],
  ['another decorator', '{{#*thing "x"}}{{/thing}}', /decorators other than/],
  ['a let without names', '{{#let 1}}{{/let}}', /helper '#let' takes values by name/],
  [
    'a file that is not there',
    '\n{{> "web/vhots.conf"}}',
    /^x\.sls:2:1: there is no file 'web\/vhots.conf' in the tree[^]*did you mean 'web\/vhost.conf'/,
  ],
  [
    'data that is not there',
    '{{import_yaml "date.yaml"}}',
    /1:3: there is no file 'date.yaml'[^]*did you mean 'data.yaml'/,
  ],
  ['a path that leads out', '{{import_text "../etc/passwd"}}', /1:3: '..\/etc\/passwd' can't name a file of the tree/],
  ['a path that leads out further on', '{{import_text "web/../../etc/passwd"}}', /can't name a file of the tree/],
  ['an address of another kind', '{{import_text "https://example.org/x"}}', /can't name a file of the tree/],
  [
    'a mistake in a file, with its own place',
    '{{> "web/wrong.conf"}}',
    /^salt:\/\/web\/wrong.conf:2:3: 'nothing' is not defined/,
  ],
  ['a mistake in data, with its own place', '{{json (import_yaml "wrong.yaml")}}', /^salt:\/\/wrong.yaml:/],
];

for (const [situation, source, message] of refused) {
  test(`template: ${situation}, refused with its place`, (t) => t.regex(errorOf(source), message));
}

test('template: a path that leads out of the tree from a folder in it, refused', (t) => {
  t.regex(errorOf('{{import_text "../../../x"}}', 'web/ssl/x.sls'), /can't name a file of the tree/);
});

test('template: without a tree, files can not be had', (t) => {
  t.throws(() => compileTemplate('{{> "a/b"}}', 'x.sls').render({}), { message: /no tree of files is at hand/ });
});

test('template: places in a partial, lead to where it is written', (t) => {
  const source = 'a\n  {{> "web/ssl/key.conf"}}\n{{#*inline "m"}}\nb: {{id}}\n{{/inline}}\n{{> m}}\nc\n';
  const rendering = compileTemplate(source, 'x.sls').render(data, { files });
  const placeOf = (part: string) => {
    const { file, line, column } = rendering.placeOf(rendering.text.indexOf(part));
    return `${file}:${line}:${column}`;
  };
  t.is(rendering.text, 'a\n  key web1\nb: web1\nc\n');
  t.deepEqual(['ey', 'b:', 'c'].map(placeOf), ['salt://web/ssl/key.conf:1:2', 'x.sls:4:1', 'x.sls:7:1']);
});

/* Trees whose files have to be fetched. */

const asked: string[][] = [];
const functions: RenderContext['functions'] = {
  prepare: (names) => Promise.resolve(void asked.push([...names])),
  prepareAll: () => Promise.resolve(),
  problem: () => undefined,
  call: (fun) => `<${fun}>`,
};
const context: RenderContext = { id: 'web1', grains: {}, pillar: {}, opts: {}, saltenv: 'base', functions };

test('a state file whose tree has to be fetched: takes in files, also by names that are made, and prepares what they call', async (t) => {
  const far = treeOf(
    {
      'web/init.sls': '',
      'web/map.yaml': 'port: 80\n',
      'web/part.hbs': 'calls: {{salt "test.echo" 1}}\n',
    },
    true,
  );
  const source =
    '{{#with (import_yaml (concat tpldir "/map.yaml")) as |m|}}\nport: {{m.port}}\n{{/with}}\n{{> "./part.hbs"}}\n';
  const yaml = await renderYaml(Buffer.from(source), { path: 'web/init.sls', sls: 'web' }, context, far);
  t.deepEqual({ ...(yaml.data as object) }, { port: 80, calls: '<test.echo>' });
  t.true(asked.flat().includes('test.echo'));
});

test('a managed file whose tree has to be fetched: is prepared, then rendered at once', async (t) => {
  const far = treeOf({ 'a/x.txt': 'x', 'a/p.hbs': '{{import_text (concat "./" "x.txt")}}' }, true);
  const template = { name: 'salt://a/file', text: '{{> "./p.hbs"}}', context: {} };
  t.throws(() => renderText(template, context, onlyEnvironment(far)), { message: /was not fetched before the run/ });
  t.deepEqual([...(await prepareText(template, context, onlyEnvironment(far)))], []);
  t.is(renderText(template, context, onlyEnvironment(far)), 'x');
});

test('a managed file that takes in one that calls functions: is not rendered before the run, and has all it needs', async (t) => {
  const far = treeOf({ 'p.hbs': '{{salt "test.echo" 1}} {{> "./q.hbs"}}', 'q.hbs': 'q' }, true);
  const template = { name: '/etc/x', text: '{{> "p.hbs"}}', context: {} };
  t.deepEqual([...(await prepareText(template, context, onlyEnvironment(far)))], ['test.echo']);
  t.is(renderText(template, context, onlyEnvironment(far)), '<test.echo> q');
  const made = { ...template, text: '{{> (concat "p" ".hbs")}}' };
  t.deepEqual([...(await prepareText(made, context, onlyEnvironment(far)))], ['test.echo']);
});

test('a managed file that takes in one that is not there: says so before the run', async (t) => {
  const far = treeOf({ 'p.hbs': '' }, true);
  const template = { name: '/etc/x', text: 'a\n{{> "q.hbs"}}', context: {} };
  await t.throwsAsync(prepareText(template, context, onlyEnvironment(far)), {
    message: /^\/etc\/x:2:1: there is no file 'q.hbs'/,
  });
});

test('a tree with one file of its own over another: what is fetched for one, at hand for the other', async (t) => {
  const far = treeOf({ 'p.hbs': 'p', 'own.sls': 'no' }, true);
  const over = treeWith(far, 'own.sls', Buffer.from('own'), 'given');
  const template = { name: '/etc/x', text: '{{> "p.hbs"}}{{import_text "own.sls"}}', context: {} };
  await prepareText(template, context, onlyEnvironment(over));
  t.is(renderText(template, { ...context }, onlyEnvironment(over)), 'pown');
  t.is(renderText({ ...template, text: '{{> "p.hbs"}}' }, context, onlyEnvironment(far)), 'p');
});
