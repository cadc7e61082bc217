import test from 'ava';
import { contentDiff } from '../../lib/diff.ts';
import { substitute, translateFlags, translatePattern, translateReplacement } from '../../lib/regex.ts';
import { parseHash } from '../../lib/sources/content-hash.ts';
import { directoryModeFor } from '../../states/file/owner.ts';

test('patterns: what Python writes otherwise, means the same here', (t) => {
  t.is(translatePattern('(?P<a>x)(?P=a)').exec('xx')?.groups?.['a'], 'x');
  t.deepEqual(
    ['ab', 'b\nab'].map((text) => translatePattern('\\Aab\\Z', 'm').test(text)),
    [true, false],
  );
  t.true(translatePattern('(?im)^B$').test('a\nb'));
  t.true(translatePattern('[]a]+$').test(']a'));
  t.true(translatePattern('[^]a]').test('x'));
  t.is(translatePattern('[\\]A(?P<]').source, '[\\]A(?P<]');
  t.is(translatePattern('a(?# what it is)b').source, 'ab');
  t.throws(() => translatePattern('(?x) a b'), { message: /without blanks/ });
  t.throws(() => translatePattern('(?P<a'), { instanceOf: SyntaxError });
});

test('patterns: flags, come by name and by number; an unknown one is named', (t) => {
  t.deepEqual([translateFlags(8), translateFlags(['IGNORECASE', 's']), translateFlags('M')], ['m', 'is', 'm']);
  t.throws(() => translateFlags('VERBOSE'), { message: /VERBOSE is not one of/ });
  t.throws(() => translateFlags(64), { instanceOf: RangeError });
});

test('patterns: a replacement with groups, puts them in; a dollar is a dollar', (t) => {
  const replace = (text: string, pattern: string, template: string, count = 0): string =>
    substitute(text, translatePattern(pattern, 'm'), translateReplacement(template), count).text;
  t.is(replace('k = v', '(\\w) = (?P<x>\\w)', '\\g<x>=\\1 $1 $& \\\\'), 'v=k $1 $& \\');
  t.is(replace('aaa', 'a', 'b', 2), 'bba');
  t.is(replace('ab', '(x)?b', '[\\1]'), 'a[]');
  t.is(replace('a', 'a', 'x\\ny\\.'), 'x\ny\\.');
  t.throws(() => translateReplacement('\\q'), { message: /stands for nothing/ });
});

test('modes: directories made for a file, can be entered by whom the file is for', (t) => {
  t.deepEqual([0o644, 0o600, 0o640, undefined].map(directoryModeFor), [0o755, 0o700, 0o750, undefined]);
});

test('diffs: content that is binary or has nothing in common, is told in words and in time', (t) => {
  const lines = (word: string): Buffer =>
    Buffer.from(Array.from({ length: 20_000 }, (_, at) => `${word} ${at}\n`).join(''));
  const before = Date.now();
  t.regex(contentDiff(lines('a'), lines('b')), /^<too different to show/);
  t.true(Date.now() - before < 10_000);
  t.is(contentDiff(Buffer.from([0, 1]), Buffer.from('x')), 'Replace binary file with text file');
  t.is(contentDiff(Buffer.alloc(0), Buffer.from('x\n')), '--- \n+++ \n@@ -0,0 +1 @@\n+x\n');
});

test('hashes: a kind and digits that fit, are taken; others are not', (t) => {
  const digits = 'a'.repeat(64);
  t.deepEqual(parseHash(`sha256=${digits}`), { kind: 'sha256', digest: digits });
  t.deepEqual(parseHash(digits.toUpperCase()), { kind: 'sha256', digest: digits });
  t.is(parseHash(`md5=${digits}`), undefined);
  t.is(parseHash('salt://a.sha256'), undefined);
});
