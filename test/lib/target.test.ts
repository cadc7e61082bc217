import test from 'ava';
import fc from 'fast-check';
import { parseTarget, type TargetFacts } from '../../lib/target/target.ts';

const web: TargetFacts = {
  id: 'web1.example.org',
  grains: {
    os: 'Debian',
    roles: ['web', 'proxy'],
    osmajorrelease: 12,
    ipv4: ['127.0.0.1', '10.1.2.3'],
    nested: { a: { b: 'c' } },
    'odd:key': 'x',
    virtual: true,
  },
  pillar: { tier: 'prod' },
};

const truths: readonly (readonly [target: string, type: string, expected: boolean])[] = [
  ['web*', 'glob', true],
  ['web', 'glob', false],
  ['web[0-9].*', 'glob', true],
  ['db1, web1.example.org', 'list', true],
  ['web\\d', 'pcre', true],
  ['eb1', 'pcre', false],
  ['os:debian', 'grain', true],
  ['os:Deb*', 'grain', true],
  ['roles:web', 'grain', true],
  ['roles:w', 'grain', false],
  ['osmajorrelease:12', 'grain', true],
  ['nested:a:b:c', 'grain', true],
  ['nested:a:*', 'grain', true],
  ['virtual:True', 'grain', true],
  ['nothing:*', 'grain', false],
  ['os:^deb', 'grain_pcre', true],
  ['tier:prod', 'pillar', true],
  ['tier:pro*', 'pillar_exact', false],
  ['10.1.0.0/16', 'ipcidr', true],
  ['10.2.0.0/16', 'ipcidr', false],
  ['G@os:Debian and web*', 'compound', true],
  ['not G@os:Debian', 'compound', false],
  ['db* or ( G@roles:proxy and not E@^db )', 'compound', true],
  ['web* not G@os:Debian', 'compound', false],
  ['not (web* or db9)', 'compound', false],
  ['((db* or web*) and G@os:Debian)', 'compound', true],
  ['(E@^web(1|2) or db*)', 'compound', true],
  ['L@a,web1.example.org and S@10.0.0.0/8 and I@tier:prod', 'compound', true],
  ['G|@nested|a|b|c', 'compound', true],
  ['N@all', 'compound', true],
  ['webs', 'nodegroup', true],
];

for (const [target, type, expected] of truths) {
  test(`target: ${type} ${target}, ${expected ? 'chosen' : 'not chosen'}`, (t) => {
    const nodegroups = { all: 'N@webs or db*', webs: ['web*', 'and', 'not', 'G@os:SUSE'] };
    t.is(parseTarget(target, type, { nodegroups })(web), expected);
  });
}

test('target: what is not known of a minion, never chosen by it, nor by its opposite', (t) => {
  const bare: TargetFacts = { id: 'web1' };
  t.is(parseTarget('os:*', 'grain')(bare), undefined);
  t.is(parseTarget('not G@os:Debian', 'compound')(bare), undefined);
  t.is(parseTarget('web* and not G@os:Debian', 'compound')(bare), undefined);
  t.is(parseTarget('web* or G@os:Debian', 'compound')(bare), true);
  t.is(parseTarget('db* and G@os:Debian', 'compound')(bare), false);
});

test('target: knowing more of a minion, what was certain stays', (t) => {
  const atom = fc.constantFrom('web*', 'db*', 'G@os:Debian', 'G@os:SUSE', 'I@tier:prod', 'S@10.0.0.0/8');
  const { compound } = fc.letrec<{ compound: string }>((tie) => ({
    compound: fc.oneof(
      { maxDepth: 4 },
      atom,
      tie('compound').map((inner) => `not ( ${inner} )`),
      fc
        .tuple(tie('compound'), fc.constantFrom('and', 'or'), tie('compound'))
        .map(([a, word, b]) => `( ${a} ${word} ${b} )`),
    ),
  }));
  fc.assert(
    fc.property(compound, (text) => {
      const matcher = parseTarget(text, 'compound');
      for (const known of [{ id: web.id }, { id: web.id, grains: web.grains }]) {
        const verdict = matcher(known);
        if (verdict !== undefined) t.true(verdict === matcher(web), text);
      }
      t.not(matcher(web), undefined);
    }),
  );
});

const wrong: readonly (readonly [target: string, type: string, message: RegExp])[] = [
  ['os', 'grain', /needs a name and a value/],
  ['(', 'pcre', /is not a regular expression/],
  ['x', 'grian', /no way to choose minions[^]*'grain'/],
  ['web* and', 'compound', /ends where a target was expected/],
  ['( web*', 'compound', /without its '\)'/],
  ['web* db*', 'compound', /has 'db\*' where/],
  ['(web* or db*', 'compound', /without its '\)'/],
  ['not(web*)', 'compound', /has a bracket in the word 'not\(web\*\)': put blanks around it/],
  ['X@a', 'compound', /no matcher of that letter/],
  ['N@web', 'compound', /no nodegroup 'web'[^]*'webs'/],
  ['N@loop', 'compound', /contains itself/],
  ['10.0.0.0/33', 'ipcidr', /neither an IP address nor a network/],
];

for (const [target, type, message] of wrong) {
  test(`target: ${type} '${target}', refused`, (t) => {
    t.throws(() => parseTarget(target, type, { nodegroups: { webs: 'w*', loop: 'N@loop' } }), { message });
  });
}
