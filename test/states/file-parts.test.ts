import test from 'ava';
import { decode, encode } from '../../lib/encoding.ts';
import { hashInList } from '../../lib/sources/content-hash.ts';
import { optionsComplaint, patchOptions } from '../../states/file/patch-options.ts';
import { parseSize } from '../../states/file/size.ts';
import { formatComplaint, parseTime } from '../../lib/strptime.ts';

/* Parts of `file` states that have rules of their own. */

test('moments in names: by formats of Python', (t) => {
  const read = (text: string, format: string): string | undefined => parseTime(text, format)?.toISOString();
  t.is(read('b-2023-02-03T04:05:06.7', 'b-%Y-%m-%dT%H:%M:%S.%f'), '2023-02-03T04:05:06.700Z');
  t.is(read('3Feb69 12 am', '%d%b%y %I %p'), '1969-02-03T00:00:00.000Z');
  t.is(read('2024-060 %', '%Y-%j %%'), '2024-02-29T00:00:00.000Z');
  t.is(read('Friday 1 march 2024', '%A %d %B %Y'), '2024-03-01T00:00:00.000Z');
  t.is(read('2023-02-30', '%Y-%m-%d'), undefined);
  t.is(read('2023-02-03x', '%Y-%m-%d'), undefined);
  t.is(read('a.b 2023', 'a.b %Y'), '2023-01-01T00:00:00.000Z');
  t.is(read('axb 2023', 'a.b %Y'), undefined);
  t.regex(formatComplaint('%Y %Q') ?? '', /^%Q is not one of/);
  t.regex(formatComplaint('50%') ?? '', /% is not one of/);
});

test('sizes: with the units people write', (t) => {
  const sizes = ['10', ' 1.5 GiB', '2K', '2KB', '2kib', '3b', '1T', '', '1X', '1ib', '-1'];
  t.deepEqual(sizes.map(parseSize), [10, 1.5 * 1024 ** 3, 2048, 2000, 2048, 3, 1024 ** 4, ...Array<undefined>(4)]);
});

test('lists of hashes: the line that is about the file counts', (t) => {
  const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
  const find = (list: string, ...names: string[]): string | undefined => hashInList(list, names)?.digest;
  t.is(find(`${one}  my-app.tgz\n${two} *dir/app.tgz\n`, '/srv/app.tgz'), two);
  t.is(find(`SHA256 (other) = ${one}\nSHA256 (app.tgz) = ${two}\n`, 'app.tgz'), two);
  t.is(find(`app.tgz ${three}\n`, 'app.tgz'), three);
  t.is(find(`${one}  a\n${two}  b\n`, 'b', 'a'), two);
  t.is(find(`${one}  a\n${two}  b\n`, 'c'), one);
  t.is(find(`${'AB'.repeat(20)}\n`), 'ab'.repeat(20));
  t.is(find('nothing here\n', 'a'), undefined);
});

test('encodings: there and back, and what has no place in them', (t) => {
  const bytes = (text: string, encoding: string): Buffer | string =>
    encode(text, { encoding, encoding_errors: 'strict' });
  for (const encoding of ['utf-8', 'UTF8', 'latin-1', 'cp1252', 'iso-8859-15', 'utf-16-le', 'utf_16_be', 'koi8-r']) {
    const text = encoding === 'koi8-r' ? 'Привет' : 'Müßig';
    const there = bytes(text, encoding);
    t.deepEqual(Buffer.isBuffer(there) ? decode(there, encoding) : there, { text }, encoding);
  }
  t.deepEqual(bytes('é€', 'iso-8859-15'), Buffer.from([0xe9, 0xa4]));
  t.deepEqual(bytes('a', 'utf-16'), Buffer.from([0xff, 0xfe, 0x61, 0]));
  t.is(bytes('€', 'latin-1'), `the character "€" can't be written in latin-1`);
  t.is(bytes('x', 'klingon'), 'encoding klingon is not known here');
  t.deepEqual(
    encode('€x😀', { encoding: 'ascii', encoding_errors: 'backslashreplace' }),
    Buffer.from('\\u20acx\\U0001f600'),
  );
  t.is(decode(Buffer.from([0xff])), 'it is no text in utf-8');
});

test('options of patch: words as a shell parts them, none that the state gives itself', (t) => {
  t.deepEqual(patchOptions({ options: `-l --fuzz=3 "--posix" -B'a b'\\ c` }, undefined), [
    '-l',
    '--fuzz=3',
    '--posix',
    '-Ba b c',
  ]);
  t.deepEqual(patchOptions({ options: '-p2', strip: 1 }, '/srv'), ['-p2', '--directory=/srv']);
  t.is(
    optionsComplaint('-l -N --output=/etc/passwd x'),
    'The following CLI options are not allowed: -N, --output=/etc/passwd, x',
  );
  t.regex(optionsComplaint(`'-l`) ?? '', /a quote has no end/);
});
