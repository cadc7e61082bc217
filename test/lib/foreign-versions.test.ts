import test from 'ava';
import { parseRequirement, parseRequirements } from '../../lib/packages/python-packages.ts';
import { comparePythonVersions, parseSpecifiers, satisfies } from '../../lib/packages/python-version.ts';
import { fulfils } from '../../states/gem/gems.ts';
import { isInRange } from '../../states/npm/semver.ts';

test('versions of Python, are ordered as its packagers have them', (t) => {
  const rising = [
    '1.0.dev1',
    '1.0a1.dev1',
    '1.0a1',
    '1.0a2',
    '1.0b1',
    '1.0rc1',
    '1.0',
    '1.0+local',
    '1.0.post1.dev1',
    '1.0.post1',
    '1.0.1',
    '1.1',
    '1.10',
    '1!0.1',
  ];
  for (const [at, version] of rising.entries()) {
    t.is(comparePythonVersions(version, version), 0, version);
    for (const later of rising.slice(at + 1)) t.is(comparePythonVersions(version, later), -1, `${version} ${later}`);
  }
  t.is(comparePythonVersions('1.0', '1.0.0'), 0);
});

test('specifiers of Python, hold or do not', (t) => {
  const cases: readonly [string, string, boolean][] = [
    ['2.28.1', '>=2.28,<3', true],
    ['2.28.1', '~=2.28', true],
    ['2.28.1', '~=2.28.2', false],
    ['3.0', '~=2.28', false],
    ['2.28.1', '==2.28.*', true],
    ['2.3', '!=2.3.*', false],
    ['1.0+cu1', '==1.0', true],
    ['1.0', '===1.0', true],
  ];
  for (const [version, specifiers, expected] of cases)
    t.is(satisfies(version, parseSpecifiers(specifiers) ?? []), expected, `${version} ${specifiers}`);
  t.is(parseSpecifiers('=1.0'), undefined);
});

test('requirements of pip, are read in all their forms', (t) => {
  t.like(parseRequirement('Foo_Bar[a,b] (>=1) ; python_version < "3"'), {
    name: 'foo-bar',
    marker: 'python_version < "3"',
  });
  t.like(parseRequirement('x @ https://example.org/x.zip'), { name: 'x', url: 'https://example.org/x.zip' });
  t.like(parseRequirement('git+https://example.org/y.git@v1#egg=y'), { name: 'y' });
  t.is(parseRequirement('a b'), undefined);
  t.is(parseRequirement('-r x'), undefined);
  t.deepEqual(
    parseRequirements('# x\n-i https://a\na==1 # why\n-r other.txt\n').map((one) => one?.name),
    ['a', undefined],
  );
});

test('versions of gems, fulfil what is asked or do not', (t) => {
  const cases: readonly [string, string, boolean][] = [
    ['1.2.3', '1.2.3', true],
    ['1.2', '1.2.0', true],
    ['1.2.3', '~> 1.2', true],
    ['2.0', '~> 1.2', false],
    ['1.2.3', '~> 1.2.4', false],
    ['1.0.rc1', '>=1.0', false],
    ['1.5', '>1.2, <2', true],
  ];
  for (const [version, wanted, expected] of cases) t.is(fulfils(version, wanted), expected, `${version} ${wanted}`);
});

test('versions of npm, are in ranges or not', (t) => {
  const cases: readonly [string, string, boolean | undefined][] = [
    ['1.2.3', '^1.2.0', true],
    ['2.0.0', '^1.2.0', false],
    ['0.2.5', '^0.2.3', true],
    ['0.3.0', '^0.2.3', false],
    ['0.0.4', '^0.0.3', false],
    ['1.2.9', '~1.2.3', true],
    ['1.3.0', '~1.2.3', false],
    ['1.9.9', '1.x', true],
    ['1.9.9', '1', true],
    ['2.0.0', '1', false],
    ['3.1.0', '>=1 <2 || >=3', true],
    ['1.5.0', '1.2 - 1.6', true],
    ['1.0.0-rc.1', '>=1.0.0', false],
    ['1.0.0', '*', true],
    ['1.0.0', 'latest', undefined],
    ['1.0.0', 'git+ssh://x', undefined],
  ];
  for (const [version, range, expected] of cases) t.is(isInRange(version, range), expected, `${version} ${range}`);
});
