import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';
import { needing } from '../kit/needing.ts';

const part = (characters: string) =>
  fc.string({ unit: fc.constantFrom(...characters.split('')), minLength: 0, maxLength: 5 });
const version = fc
  .tuple(fc.option(fc.nat(3)), fc.nat(12), part('0019az+.~'), fc.option(part('019az+.~')))
  .map(([epoch, first, rest, revision]) =>
    [epoch === null ? '' : `${epoch}:`, first, rest, revision ? `-${revision}` : ''].join(''),
  );

const sorted = [
  '1.0~~',
  '1.0~~a',
  '1.0~',
  '1.0',
  '1.0-1~bpo12+1',
  '1.0-1',
  '1.0-1+b1',
  '1.0-1.1',
  '1.0a',
  '1.0+dfsg',
  '1.0.1',
  '1.2',
  '1.10',
  '1:0.1',
];

test('deb versions: a list in the order of deb-version(7), every pair is in that order', (t) => {
  for (const [i, a] of sorted.entries())
    for (const [j, b] of sorted.entries()) t.is(compareDebVersions(a, b), Math.sign(i - j) as -1 | 0 | 1, `${a} ${b}`);
  t.is(compareDebVersions('1.0', '0:1.0-0'), 0);
  t.is(compareDebVersions('1.00000000000000000000001', '1.1'), 0);
});

test('deb versions: any two, swapping them turns the answer around', (t) => {
  fc.assert(
    fc.property(
      version,
      version,
      (a, b) => compareDebVersions(a, b) === -compareDebVersions(b, a) || compareDebVersions(a, b) === 0,
    ),
  );
  t.pass();
});

const withDpkg = needing('dpkg', existsSync('/usr/bin/dpkg'));

withDpkg('deb versions: any two, dpkg says the same', (t) => {
  const pairs = fc.sample(fc.tuple(version, version), 120);
  const words = { '-1': 'lt', 0: 'eq', 1: 'gt' } as const;
  for (const [a, b] of pairs) {
    const relation = words[compareDebVersions(a, b)];
    t.is(spawnSync('dpkg', ['--compare-versions', a, relation, b]).status, 0, `${a} ${relation} ${b}`);
  }
});
