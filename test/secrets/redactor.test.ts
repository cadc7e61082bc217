import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { stateErrors } from '../../lib/errors/state.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { createRedactor, HIDDEN } from '../../lib/secrets/redactor.ts';

const awkward = `p'"$w\\d/+ é%`;

test('redactor: a text without a secret, the same text; without secrets, the same object', (t) => {
  const data = { a: ['b'] };
  t.is(createRedactor().data(data), data);
  t.is(createRedactor(['hunter2']).text('nothing of it'), 'nothing of it');
});

test('redactor: a secret as JSON, URLs, shells, YAML and Base64 write it, hidden', (t) => {
  const text = (given: string): string => createRedactor([awkward]).text(given);
  const json = JSON.stringify({ a: awkward });
  const writings: Record<string, string> = {
    plain: awkward,
    json,
    'json in json': JSON.stringify({ body: json }),
    component: encodeURIComponent(awkward),
    path: new URL(`http://host/${encodeURI(awkward)}`).pathname,
    form: new URLSearchParams({ p: awkward }).toString(),
    'single quotes of a shell': `'${awkward.replaceAll("'", "'\\''")}'`,
    'double quotes of a shell': `"${awkward.replace(/[\\"$`]/g, '\\$&')}"`,
    'single quotes of YAML': `'${awkward.replaceAll("'", "''")}'`,
    base64: Buffer.from(awkward).toString('base64'),
    'basic auth': Buffer.from(`me:${awkward}`).toString('base64'),
    'basic auth of another length': Buffer.from(`you:${awkward}`).toString('base64'),
    base64url: Buffer.from(awkward).toString('base64url'),
  };
  for (const [name, written] of Object.entries(writings)) {
    t.true(text(`before ${written} behind`).includes(HIDDEN), name);
    t.notRegex(text(`before ${written} behind`), /p'|d\/\+|p%27|cCci/, name);
  }
});

test('redactor: each line of a longer secret, and what was cut out of one, hidden', (t) => {
  const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7';
  const redactor = createRedactor([`first line\n  ${line}\nlast line\n`]);
  t.is(redactor.text('+first line\n-last line'), `+${HIDDEN}\n-${HIDDEN}`);
  t.is(redactor.text(`said ${line.slice(0, 20)}...`), `said ${HIDDEN}...`);
  t.is(redactor.text(`...${line.slice(-20)} was said`), `...${HIDDEN} was said`);
  t.is(redactor.text(`...${line.slice(13, 30)}...`), `...${HIDDEN}...`);
});

test('redactor: wherever and however often secrets stand, none is left and all else is', (t) => {
  const word = fc.string({ minLength: 4, maxLength: 40, unit: 'binary' }).filter((text) => text.trim().length >= 4);
  const filler = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n'), maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 5 }),
      fc.array(filler, { minLength: 1 }),
      (secrets, parts) => {
        const text = parts.map((part, index) => `${part}${secrets[index % secrets.length] ?? ''}`).join('');
        const shown = createRedactor(secrets).text(text);
        return secrets.every((secret) => HIDDEN.includes(secret.trim()) || !shown.includes(secret.trim()));
      },
    ),
  );
  t.pass();
});

test('redactor: one letter a hundred thousand times, in no time', (t) => {
  const redactor = createRedactor(['a'.repeat(5000)]);
  const started = performance.now();
  t.is(redactor.text('a'.repeat(100_000)), HIDDEN);
  t.true(performance.now() - started < 2000);
});

test('redactor: keys of data that differ by a secret alone, still two keys', (t) => {
  const redactor = createRedactor(['secret-one', 'secret-two']);
  const shown = redactor.data({ 'run secret-one': 1, 'run secret-two': [2, null, true], other: 'x secret-two' });
  t.deepEqual({ ...shown }, {
    [`run ${HIDDEN}`]: 1,
    [`run ${HIDDEN} (2)`]: [2, null, true],
    other: `x ${HIDDEN}`,
  } as unknown as typeof shown);
});

test('redactor: a number that a template made of a secret, hidden', (t) => {
  const shown = createRedactor(['1234567']).data({ port: 1234567, other: 12345678 });
  t.deepEqual({ ...shown } as unknown, { port: HIDDEN, other: 12345678 });
});

test('redactor: an error with a secret in it, the same code and place without it, and without its cause', (t) => {
  const redactor = createRedactor(['hunter2']);
  const place = { file: 'a.sls', line: 1, column: 3, text: 'x: hunter2' };
  const thrown = stateErrors.noSls({ sls: 'hunter2' }, { place, hint: 'hunter2?', cause: new Error('hunter2') });
  const shown = redactor.error(thrown);
  t.true(shown instanceof TsaltError);
  t.is(shown.code, thrown.code);
  t.deepEqual(shown.place, { ...place, text: `x: ${HIDDEN}` });
  t.notRegex(`${shown.message}${shown.stack ?? ''}${shown.hint ?? ''}`, /hunter2/);
  t.is(shown.cause, undefined);
  const other = new Error('of nothing');
  t.is(redactor.error(other), other);
  const plain = redactor.error(new RangeError('it was hunter2'));
  t.is(plain.name, 'RangeError');
  t.notRegex(`${plain.message}${plain.stack ?? ''}`, /hunter2/);
});

test('redactor: a log line, without the secret in message and facts', (t) => {
  const lines: unknown[] = [];
  const log = createRedactor(['hunter2']).log((...line) => lines.push(line));
  log('info', 'said hunter2', { what: 'a hunter2', count: 3 });
  t.deepEqual(lines, [['info', `said ${HIDDEN}`, { what: `a ${HIDDEN}`, count: 3 }]]);
});

test('redactor: a process that ends unforeseen, its stack without the secret, exit 1', (t) => {
  const lib = path.resolve(import.meta.dirname, '../../lib/secrets');
  const script = `
    import { crashWithout } from '${lib}/crash.js';
    import { createRedactor } from '${lib}/redactor.js';
    crashWithout(createRedactor(['hunter2']));
    setImmediate(() => { throw new RangeError('it was ' + 'hunter' + 2, { cause: new Error('hunter' + 2) }); });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  t.deepEqual([status, stdout], [1, '']);
  t.regex(stderr, /RangeError: it was \[secret\]\n {4}at /);
  t.notRegex(stderr, /hunter2/);
});

test('redactor: a pillar without the old secret, that one is hidden no more', (t) => {
  const redactor = createRedactor(['old-secret']);
  redactor.hideOnly(['new-secret']);
  t.is(redactor.text('old-secret new-secret'), `old-secret ${HIDDEN}`);
});

test('redactor: returns of 1,000 states with 20 secrets, well below what a run takes', (t) => {
  const secrets = Array.from({ length: 20 }, (_, index) => `S3cr3t-${String(index)}-${'x'.repeat(index)}-value`);
  const states = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [
      `file_|-conf${String(index)}_|-/etc/app/conf.d/${String(index)}.conf_|-managed`,
      {
        name: `/etc/app/conf.d/${String(index)}.conf`,
        result: true,
        comment: `File /etc/app/conf.d/${String(index)}.conf updated`,
        changes: { diff: `--- old\n+++ new\n-a\n+password=${secrets[index % 20] ?? ''}\n${' line\n'.repeat(40)}` },
        __id__: `conf${String(index)}`,
        __run_num__: index,
        duration: 1.234,
      },
    ]),
  );
  const redactor = createRedactor(secrets);
  const times = Array.from({ length: 10 }, () => {
    const started = performance.now();
    redactor.data(states);
    return performance.now() - started;
  });
  t.log(`${Math.min(...times).toFixed(1)} ms for ${String(JSON.stringify(states).length)} characters`);
  t.true(Math.min(...times) < 200);
});
