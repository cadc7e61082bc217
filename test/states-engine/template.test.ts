import test from 'ava';
import fc from 'fast-check';
import Handlebars from 'handlebars';
import { TsaltError } from '../../lib/errors/error.ts';
import { compileTemplate } from '../../states/engine/template/template.ts';

const data = {
  grains: { os: 'Debian', one: 1, two: 2, off: false },
  pillar: { users: { bob: { uid: 1, id: 'own' }, al: { uid: 2 } }, list: ['a', 'b'], nothing: null, 'odd name': 3 },
  id: 'web1',
};

function render(source: string): string {
  return compileTemplate(source, 'x.sls').render(data).text;
}

function errorOf(source: string): string {
  try {
    return `rendered: ${render(source)}`;
  } catch (thrown) {
    return thrown instanceof TsaltError ? thrown.message : String(thrown);
  }
}

const rendered: readonly (readonly [situation: string, source: string, text: string])[] = [
  ['numbers side by side, kept apart', '{{grains.one}}{{grains.two}}', '12'],
  ['quotes and angles, as they are', '{{quote "<a href=\'x\'>&"}}', '"<a href=\'x\'>&"'],
  ['root names inside a loop', '{{#each pillar.list}}{{this}}={{grains.os}} {{/each}}', 'a=Debian b=Debian '],
  ['an item with a name of its own', '{{#each pillar.users}}{{default this.id "-"}} {{/each}}', 'own - '],
  ['the nearest thing of a name', '{{#with pillar.users.bob}}{{id}} {{../id}}{{/with}}', 'own web1'],
  ['block parameters', '{{#each pillar.users as |u name|}}{{name}}:{{u.uid}} {{/each}}', 'bob:1 al:2 '],
  ['loop variables', '{{#each pillar.list}}{{@index}}{{#if @last}}!{{/if}}{{/each}}', '01!'],
  ['a loop over nothing', '{{#each (range 0)}}x{{else}}none{{/each}}', 'none'],
  ['lines of blocks alone, gone', 'a\n  {{#if grains.os}}\nb\n  {{/if}}\nc\n', 'a\nb\nc\n'],
  ['else if', '{{#if grains.off}}a{{else if (eq grains.os "Debian")}}b{{else}}c{{/if}}', 'b'],
  ['a default for what is missing on the way', '{{default pillar.a.b.c "d"}}', 'd'],
  ['a default for null', '{{default pillar.nothing "d"}}', 'd'],
  ['null, as nothing', '[{{pillar.nothing}}]', '[]'],
  ['a colon path with a default', '{{pillar "users:al:uid"}}{{pillar "users:x" 9}}', '29'],
  ['an odd name', '{{lookup pillar "odd name"}}{{pillar.[odd name]}}', '33'],
  ['json of a map', '{{json pillar.users.al}}', '{"uid":2}'],
  ['and, or, not, in', '{{and grains.one (not grains.off) (in "a" pillar.list)}}{{or grains.off 7}}', 'true7'],
  ['text helpers', '{{upper (replace (join pillar.list "-") "-" "+")}}{{concat "x" 1}}', 'A+Bx1'],
  ['a raw block', '{{{{raw}}}}{% x %}{{y}}{{{{/raw}}}}', '{% x %}{{y}}'],
  ['an escaped mustache', '\\{{x}}', '{{x}}'],
];

for (const [situation, source, text] of rendered) {
  test(`template: ${situation}`, (t) => t.is(errorOf(source), `rendered: ${text}`));
}

const refused: readonly (readonly [situation: string, source: string, message: RegExp])[] = [
  [
    'a misspelt name',
    '\n {{grain.os}}',
    /^x\.sls:2:4: 'grain' is not defined\n2 \|  \{\{grain.os\}\}\n {2}\| {4}\^\nhint: did you mean 'grains'\?$/,
  ],
  ['a misspelt entry', '{{grains.oss}}', /'grains.oss' is not defined[^]*did you mean 'os'/],
  [
    'a misspelt entry of a block parameter',
    '{{#each pillar.users as |u|}}{{u.uidd}}{{/each}}',
    /x\.sls:1:32: 'u.uidd'/,
  ],
  [
    'something undefined in a condition',
    '{{#if pillar.x}}{{/if}}',
    /1:7: 'pillar.x' is not defined[^]*\(default pillar.x/,
  ],
  ['something undefined as an argument', '{{json pillar.x}}', /1:8: 'pillar.x' is not defined/],
  ['something undefined in a nested call', '{{#if (eq pillar.x 1)}}{{/if}}', /1:11: 'pillar.x'/],
  ['a map in text', '{{pillar.users}}', /'pillar.users' is a map[^]*write \{\{json pillar.users\}\}/],
  ['a list in text', '{{pillar.list}}', /is a list/],
  ['an unknown helper', '{{jsn grains.os}}', /no helper 'jsn'[^]*did you mean 'json'/],
  ['an unknown block', '{{#eech x}}{{/eech}}', /no block helper 'eech'[^]*'each'/],
  ['what objects have by birth', '{{grains.constructor}}', /'grains.constructor' is not defined/],
  ['a prototype', '{{grains.__proto__.x}}', /'grains.__proto__' is not defined/],
  ['a Jinja statement', 'a\n{% for x in y %}', /^x\.sls:2:1: \{% for %\} is Jinja[^]*write \{\{#each y as \|x\|\}\}/],
  ['a Jinja comment', '{# note #}', /Jinja[^]*\{\{!--/],
  ['a Jinja filter', "{{ x | default('y') }}", /filter with \|[^]*write \{\{default x/],
  ['a Jinja filter with another name here', '{{ x | yaml_dquote }}', /filter with \|[^]*write \{\{quote x\}\}/],
  ['a Jinja filter of the shell', '{{ x | quote }}', /write \{\{shell_quote x/],
  ['a Jinja import', "{% import_yaml 'x' as y %}", /#let y=\(import_yaml "x"\)/],
  ['a Jinja subscript', "{{ grains['os'] }}", /subscript[^]*grains.os/],
  ['a Jinja call', "{{ salt.pillar.get('x') }}", /call f\(\.\.\.\)/],
  ['a block without its end', 'a\n {{#if grains.os}}\nb', /^x\.sls:2:2: \{\{#if\}\} has no/],
  ['a partial that is not there', '{{> other}}', /1:1: there is no partial 'other'/],
  ['a loop over text', '{{#each grains.os}}{{/each}}', /#each goes over a list or a map/],
  ['a function that can not be called here', '{{salt "cmd.run" "x"}}', /1:3: helper 'salt cmd.run' failed/],
  ['a number too many', '{{range 1 2000000}}', /range/],
];

for (const [situation, source, message] of refused) {
  test(`template: ${situation}, refused with its place`, (t) => t.regex(errorOf(source), message));
}

test("template: what Handlebars' own engine can say, said the same way", (t) => {
  const piece = fc.constantFrom(
    'text ',
    '\n',
    '  ',
    '{{grains.os}}',
    '{{id}}',
    '{{#if grains.off}}',
    '{{else}}',
    '{{/if}}',
    '{{/each}}',
    '- x\n',
    '{{#each pillar.list}}',
    '{{#if grains.one}}',
    '{{@root.id}}',
    '{{! note }}',
    '{{~id~}}',
    '{{/with}}',
    '{{#with pillar.users.al}}',
    '{{grains.one}} ',
  );
  let agreed = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const source = pieces.join('');
      let expected: string;
      try {
        // Root names inside a block mean what they do outside it: `@root` says so to Handlebars.
        const rooted = source.replace(/\{\{(~|#(?:if|each|with) )?(grains|id|pillar)/g, '{{$1@root.$2');
        expected = Handlebars.compile(rooted, { noEscape: true })(data);
      } catch {
        return;
      }
      agreed++;
      t.is(errorOf(source), `rendered: ${expected}`);
    }),
    { numRuns: 2000 },
  );
  t.true(agreed > 100, `${agreed} templates compared`);
});

const several: readonly (readonly [situation: string, source: string, lines: readonly string[]])[] = [
  ['in one text', '{{a}}\n{{id}}\n{{b}}\n', ['1:3 a', '3:3 b']],
  ['in one call', '{{concat a id (lower b)}}', ['1:10 a', '1:22 b']],
  ['in a block, and after it', '{{#if id}}\n{{a}}\n{{/if}}\n{{b}}', ['2:3 a', '4:3 b']],
  ['in a loop, each once', '{{#each pillar.list}}{{this}}{{a}}{{/each}}{{b}}', ['1:32 a', '1:46 b']],
  ['a condition: of its branches nothing is told', '{{#if a}}{{b}}{{else}}{{c}}{{/if}}{{d}}', ['1:7 a', '1:37 d']],
  ['beside a default that is used', '{{default (concat a b) id}}{{c}}', ['1:30 c']],
];
for (const [situation, source, lines] of several) {
  test(`template: several names that are not defined, ${situation}`, (t) => {
    const error = t.throws(() => render(source), { instanceOf: TsaltError });
    t.deepEqual(
      [error, ...error.others].map(
        ({ place, sentence }) => `${place?.line}:${place?.column} ${/^'(.*)' is not defined$/.exec(sentence)?.[1]}`,
      ),
      lines,
    );
  });
}

test('template: mistakes of several kinds, all told: those whatever the data, else those with it', (t) => {
  const whatever = t.throws(() => compileTemplate('{{lowr id}}{{a}}\n{{#eahc x}}{{/eahc}}\n{{> x}}', 'x'), {
    instanceOf: TsaltError,
  });
  t.deepEqual(
    [whatever, ...whatever.others].map(({ code }) => code),
    ['TS_TEMPLATE_UNKNOWN_HELPER', 'TS_TEMPLATE_UNKNOWN_BLOCK', 'TS_TEMPLATE_NO_PARTIAL'],
  );
  const withData = t.throws(() => render('{{a}}{{pillar.users}}{{lt 1 "a"}}{{#each id}}{{/each}}'), {
    instanceOf: TsaltError,
  });
  t.deepEqual(
    [withData, ...withData.others].map(({ code }) => code),
    [
      'TS_TEMPLATE_UNDEFINED_NAME',
      'TS_TEMPLATE_NOT_PRINTABLE',
      'TS_TEMPLATE_BAD_ARGUMENTS',
      'TS_TEMPLATE_NOT_ITERABLE',
    ],
  );
});

test('template: a mistake in each round of a long loop, an end of it', (t) => {
  const source = '{{#each (range 100000)}}{{#each (range 100000)}}{{a}}{{/each}}{{/each}}';
  const error = t.throws(() => render(source), { instanceOf: TsaltError });
  t.deepEqual(error.others, []);
});

test('template: places in what was rendered lead back to the source', (t) => {
  const source = 'a: {{grains.os}}\n{{#each pillar.list}}\n- {{this}}: x\n{{/each}}\nz: 1\n';
  const rendering = compileTemplate(source, 'x.sls').render(data);
  const lineOf = (part: string) => rendering.placeOf(rendering.text.indexOf(part)).line;
  t.deepEqual([lineOf('a:'), lineOf('Debian'), lineOf('- b'), lineOf('b: x'), lineOf('z:')], [1, 1, 3, 3, 5]);
});
