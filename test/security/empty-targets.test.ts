import test from 'ava';
import fc from 'fast-check';
import { TsaltError } from '../../lib/errors/error.ts';
import { parseTarget, targetTypes, type TargetFacts } from '../../lib/target/target.ts';
import { targeting } from '../../master/targeting.ts';
import { startCluster } from '../kit/cluster.ts';
import { applicant, books } from '../master/books.ts';

/* Nobody is nobody: a target that is empty, or that nothing is known about, never means all. */

const empty = [
  '',
  ' ',
  '\n',
  '\t ',
  ',',
  ',,',
  ' , ',
  '()',
  '( )',
  'not',
  'and',
  'or',
  'G@',
  'L@',
  'L@,',
  'E@',
  'I@',
  'S@',
  'N@',
  ':',
  '::',
  'os:',
  ':*',
];

test('empty targets: whatever type they are of, an error or nobody', async (t) => {
  const { keys, facts } = await books(t);
  const targets = targeting({ keys, facts, nodegroups: { none: '', nobody: [] } });
  for (const id of ['web1', 'web2']) {
    keys.admit(applicant(id));
    await keys.accept(id);
  }
  t.is(targets.resolve('*', 'glob').minions.length, 2);
  const meant = (text: string | readonly string[], type: string): readonly string[] => {
    try {
      return targets.resolve(text, type).minions;
    } catch (error) {
      return error instanceof TsaltError && error.code.startsWith('TS_TARGET_') ? [] : [String(error)];
    }
  };
  for (const type of targetTypes) {
    for (const text of empty) {
      // That is a pattern, which somebody has written.
      if (type === 'pcre' && /^(?:\( ?\)|:\*)$/.test(text)) continue;
      t.deepEqual(meant(text, type), [], `${type} ${JSON.stringify(text)}`);
    }
  }
  for (const list of [[], [''], ['nobody'], ['*'], ['web*']])
    t.deepEqual(meant(list, 'list'), [], JSON.stringify(list));
  for (const group of ['none', 'nobody', 'missing', '']) t.deepEqual(meant(group, 'nodegroup'), [], group);
});

test('empty targets: a minion of which nothing is known, is meant by nothing but its id', (t) => {
  const unknown: TargetFacts = { id: 'web1' };
  const atoms = ['G@os:*', 'P@os:.*', 'I@a:*', 'J@a:.*', 'S@0.0.0.0/0', 'S@::/0'];
  for (const atom of atoms) {
    t.not(parseTarget(atom, 'compound')(unknown), true, atom);
    t.not(parseTarget(`not ${atom}`, 'compound')(unknown), true, `not ${atom}`);
    t.not(parseTarget(`web1 and not ( ${atom} )`, 'compound')(unknown), true, atom);
  }
});

test('empty targets: knowing more never makes a minion meant that was surely not, nor the other way round', (t) => {
  const atom = fc.constantFrom('G@os:Debian', 'I@tier:prod', 'S@10.0.0.0/8', 'web*', 'db*', 'L@web1', 'P@os:De.*');
  const { compound } = fc.letrec<{ compound: string }>((tie) => ({
    compound: fc.oneof(
      { maxDepth: 4 },
      atom,
      tie('compound').map((inner) => `not ( ${inner} )`),
      fc.tuple(tie('compound'), fc.constantFrom('and', 'or'), tie('compound')).map((parts) => `( ${parts.join(' ')} )`),
    ),
  }));
  const facts: TargetFacts = { id: 'web1', grains: { os: 'Debian', ipv4: ['10.0.0.1'] }, pillar: { tier: 'test' } };
  fc.assert(
    fc.property(compound, fc.boolean(), fc.boolean(), (text, grains, pillar) => {
      const matches = parseTarget(text, 'compound');
      const { id } = facts;
      const less = matches({ id, ...(grains && { grains: facts.grains }), ...(pillar && { pillar: facts.pillar }) });
      if (less !== undefined) t.is(matches(facts), less, text);
    }),
    { numRuns: 500 },
  );
});

test('empty targets: on the command line, nothing is published and the code says that nothing ran', async (t) => {
  const cluster = await startCluster(t);
  await cluster.joinMinion('web1');
  for (const words of [
    [''],
    ['-L', ''],
    ['-L', ','],
    ['-C', ''],
    ['-G', 'os:'],
    ['-C', 'not web*'],
    ['-N', 'none'],
    ['-E', ''],
    ['-C', 'E@'],

    ['nobody*'],
  ]) {
    const { code, stdout } = await cluster.tsalt('exec', ...words, 'test.ping');
    t.is(code, 2, words.join(' '));
    t.notRegex(stdout, /web1/);
  }
  t.deepEqual(
    (await cluster.events()).filter(({ tag }) => tag.startsWith('salt/job/')),
    [],
  );
});
