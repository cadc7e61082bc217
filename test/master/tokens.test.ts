import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { applicant, books, open } from './books.ts';

test('tokens: one lets its machine in once, and what comes with it later is refused and told', async (t) => {
  const { keys, tokens, store, seen, events } = await books(t);
  const token = await tokens.issue('web1');
  const [machine, thief] = [applicant('web1', token), applicant('web1', token)];
  keys.admit(machine);
  t.is(keys.tokenOf('web1', machine.fingerprint), 'good');
  await keys.accept('web1', { fingerprint: machine.fingerprint });
  t.is(keys.admit(machine).act, 'accept', 'its own machine may show it again');
  t.is(keys.admit(thief).act, 'denied');
  await store.settled();
  t.deepEqual(seen(), [
    'salt/auth pend',
    'salt/key accept',
    'salt/auth accept',
    'tsalt/token/refused',
    'salt/auth denied',
  ]);
  t.is(events[3]?.data['reason'], `it was used by the key ${machine.fingerprint}`);
  await keys.delete('web1');
  keys.admit(thief);
  t.is(keys.tokenOf('web1', thief.fingerprint), 'bad', 'also when the key it let in is gone');
});

test('tokens: one that is expired, foreign, unknown or not proved is bad; none at all is missing where one was issued', async (t) => {
  const { keys, tokens, clock } = await books(t);
  const proofOf = (one: ReturnType<typeof applicant>) => {
    keys.admit(one);
    return keys.tokenOf(one.id, one.fingerprint);
  };
  const other = await tokens.issue('other');
  const late = await tokens.issue('late', 60_000);
  const waiting = applicant('waiting', await tokens.issue('waiting', 60_000));
  await tokens.issue('issued');
  const forged = (await tokens.issue('forged')).replace(/.{10}$/, 'AAAAAAAAAA');
  t.is(proofOf(waiting), 'good');
  clock.advance(60_000);
  t.is(keys.tokenOf('waiting', waiting.fingerprint), 'bad', 'it expired while the key waited');
  t.is(proofOf(applicant('late', late)), 'bad');
  t.is(proofOf(applicant('web1', other)), 'bad');
  t.is(proofOf(applicant('forged', forged)), 'bad');
  t.is(proofOf(applicant('issued')), 'missing');
  t.is(proofOf(applicant('nobody')), 'none');
});

test('tokens: a wall clock that jumps makes none expire, and gives none a longer life', async (t) => {
  const { keys, tokens, clock } = await books(t);
  const proofNow = (one: ReturnType<typeof applicant>) => {
    keys.admit(one);
    return keys.tokenOf(one.id, one.fingerprint);
  };
  const [early, late] = [
    applicant('early', await tokens.issue('early', 60_000)),
    applicant('late', await tokens.issue('late', 60_000)),
  ];
  clock.jump(clock.now() + 3_600_000);
  t.is(proofNow(early), 'good');
  clock.jump(clock.now() - 7_200_000);
  clock.advance(60_001);
  t.is(proofNow(late), 'bad');
});

test('tokens: a lifetime over 24 hours, or none, cannot be had', async (t) => {
  const { tokens } = await books(t);
  for (const ms of [0, -1, NaN, Infinity, 86_400_001]) {
    await t.throwsAsync(tokens.issue('web1', ms), { code: 'TS_TOKEN_BAD_LIFETIME' });
  }
  await t.throwsAsync(tokens.issue('../etc'), { code: 'TS_ID_BAD_MINION_ID' });
});

test('tokens: they outlive a restart, are in files only their owner reads, and are forgotten in the end', async (t) => {
  const first = await books(t);
  const token = await first.tokens.issue('web1');
  await first.store.close();
  for (const name of readdirSync(first.directory, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(first.directory, name);
    const isFile = statSync(file).isFile();
    t.false(isFile && readFileSync(file).includes(token), `${name} holds the token itself`);
    if (/\.(log|mdb)$/.test(name)) t.is(statSync(file).mode & 0o077, 0, name);
    if (!isFile) t.is(statSync(file).mode & 0o077, 0, name);
  }
  const again = await open(t, first.directory, first.clock);
  again.keys.admit(applicant('web1', token));
  t.is(again.keys.tokenOf('web1', again.keys.find('web1')?.fingerprint ?? ''), 'bad', 'not on disk yet');
  await again.store.settled();
  t.is(again.keys.tokenOf('web1', again.keys.find('web1')?.fingerprint ?? ''), 'good');
  first.clock.advance(40 * 86_400_000);
  t.is(await again.tokens.sweep(), 1);
});
