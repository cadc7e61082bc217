import test from 'ava';
import { fnmatch } from '../../lib/fnmatch.ts';
import { cpuMs } from '../kit/cpu.ts';

// What Python's fnmatch.fnmatchcase answers.
const cases: [string, readonly string[], readonly string[]][] = [
  ['salt/auth', ['salt/auth'], ['salt/auth/x', 'Salt/auth', '']],
  [
    'salt/minion/*/start',
    ['salt/minion/w1/start', 'salt/minion/a/b/start', 'salt/minion//start'],
    ['salt/minion/start'],
  ],
  ['*', ['', 'a/b', 'ab'], []],
  ['a?c', ['abc', 'a/c'], ['ac', 'abbc']],
  ['[a-c]x', ['ax', 'cx'], ['dx', 'x']],
  ['[!a-c]x', ['dx', '!x'], ['ax']],
  ['[]]x', [']x'], ['x', '[x']],
  ['[', ['['], ['a']],
  ['a[b', ['a[b'], ['ab']],
  ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a']],
  ['[a-]', ['a', '-'], ['b']],
  ['a.b', ['a.b'], ['axb']],
];
for (const [pattern, yes, no] of cases) {
  test(`the pattern ${pattern}: fits what Python says`, (t) => {
    t.deepEqual(
      [...yes, ...no].filter((text) => fnmatch(pattern)(text)),
      [...yes],
    );
  });
}

test('a pattern made to be slow: it is not', (t) => {
  const started = cpuMs();
  t.false(fnmatch(`${'*a'.repeat(100)}b`)('a'.repeat(5_000)));
  t.true(cpuMs() - started < 1_000);
});
