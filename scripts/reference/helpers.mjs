import { exampleData, exampleFiles } from '../../dist/states/engine/template/helpers/examples.js';
import { allHelpers } from '../../dist/states/engine/template/helpers/registry.js';
import { code, fenced, table } from './markdown.mjs';

const shown = (text) => code(text.replaceAll('\n', '⏎'));

function row([name, { summary, takes, named, jinja, example, gives }]) {
  const byName = named === 'any' || named === undefined ? '' : `; by name ${named.map(code).join(', ')}`;
  return [
    code(name),
    `${summary} Takes ${takes}${byName}.`,
    code(jinja),
    shown(example),
    gives === '' ? '' : shown(gives),
  ];
}

const section = ([title, helpers]) =>
  `## ${title}\n\n${table(['helper', 'what it gives', 'in Jinja', 'example', 'renders to'], Object.entries(helpers).map(row))}`;

const blocks = [
  ['{% if x %} {% elif y %} {% else %} {% endif %}', '{{#if x}} {{else if y}} {{else}} {{/if}}, {{#unless x}}'],
  ['{% for x in y %} {% else %} {% endfor %}', '{{#each y as |x|}} {{else}} {{/each}}'],
  ['{% for key, value in x.items() %}', '{{#each x as |value key|}}'],
  ['loop.index0, loop.first, loop.last', '@index, @first, @last; @key is the key of a map or the index of a list'],
  ['loop.index', '(add @index 1)'],
  ["loop.cycle('a', 'b')", '(lookup (list "a" "b") (mod @index 2))'],
  ['{% set x = 1 %}', '{{#let x=1 y=(add x 1)}} ... {{/let}}; one value: {{#with y as |x|}} ... {{/with}}'],
  ['{% set x %}...{% endset %}', '{{#*inline "x"}}...{{/inline}}, and (render "x")'],
  ['{% macro m(a, b=2) %}', '{{#*inline "m"}} {{a}} {{default b 2}} {{/inline}}'],
  ['{{ m(1, b=3) }}', '{{> m a=1 b=3}}'],
  ['{% call m() %}...{% endcall %}, caller()', '{{#> m}}...{{/m}}, {{> @partial-block}}'],
  ["{% include 'web/part.conf' %}", '{{> "web/part.conf"}}, {{> "./part.conf"}}, {{> (concat tpldir "/part.conf")}}'],
  ["{% from 'lib.sls' import m %}", '{{*import "lib.hbs"}}, and {{> m a=1}}'],
  ["{% import_yaml 'map.yaml' as map %}", '{{#with (import_yaml "map.yaml") as |map|}} ... {{/with}}'],
  ['{% filter indent(4) %}...{% endfilter %}', '{{#*inline "x"}}...{{/inline}}{{indent (render "x") 4}}'],
  ['{% raw %}', '{{{{raw}}}} ... {{{{/raw}}}}'],
  ['{# note #}', '{{!-- note --}}'],
  ['{{- x -}}', '{{~x~}}'],
];

/** From the registry of helpers; a test renders every example. */
export default () => `# Template helpers

What Handlebars templates have for what Salt's users write Jinja for. A helper stands alone (\`{{upper x}}\`) or in brackets
inside another (\`{{join (sort x) ", "}}\`); what Jinja pipes into a filter is its first argument, and arguments by name come last
(\`{{sort x reverse=true}}\`). How many there are and what they are called is checked before anything is rendered.

## Blocks

${table(
  ['in Jinja', 'here'],
  blocks.map(([jinja, here]) => [code(jinja), code(here)]),
)}

A partial sees what it is given by name, the item it is called in, and what every template has; not the block parameters around
it. One on a line of its own has its blanks before each of its lines. A partial is a name that the template defines (anywhere in
the block it stands in), one of a file that \`{{*import}}\` names, or, with a slash or a point in its name, a file of the tree itself.

Files are named from the top of the tree (\`web/map.yaml\`, \`salt://web/map.yaml\`) or from the template's own folder (\`./map.yaml\`,
\`../map.yaml\`); none leads out of the tree. A managed file whose template calls execution functions and that takes in others has to
name these as quoted text.
${allHelpers()
  .map((room) => `\n${section(room)}\n`)
  .join('')}
## What the examples are rendered over

${fenced('json', JSON.stringify(exampleData, null, 2))}

${Object.entries(exampleFiles)
  .map(([file, text]) => `\`${file}\`:\n\n${fenced(file.endsWith('.yaml') ? 'text' : '', text)}`)
  .join('\n\n')}
`;
