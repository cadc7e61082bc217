import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { readOperators } from '../../lib/operators/read.ts';
import { parsePublicKey, publicKeyText } from '../../lib/operators/public-key.ts';
import { operatorsOf } from '../../master/access/operators.ts';
import type { Deed } from '../../master/access/rules.ts';
import { generateIdentity } from '../../wire/keys.ts';
import { keyLine } from './kit.ts';

const identity = generateIdentity();
const key = keyLine(identity);
const rule = (written: JsonMap): JsonMap => ({ a: { keys: key, rules: [written] } });

const mistakes: Readonly<Record<string, JsonMap>> = {
  "'root' can't be the name of an operator": { root: { keys: key } },
  "'a b' can't be the name of an operator": { 'a b': { keys: key } },
  "should be a map with 'keys' and 'rules', not": { a: 'x' },
  "there is no 'ruls' to say": { a: { keys: key, ruls: [] } },
  'has no key': { a: { rules: [] } },
  "operator 'a': a key should be a line": { a: { keys: key.replace('ssh-ed25519', 'ssh-rsa') } },
  "'anyone' means whoever has shown no key": { anyone: { keys: key } },
  "operators 'b' and 'a' have the same key": { a: { keys: key }, b: { keys: [key] } },
  "there is no 'om' to say": rule({ may: 'test.ping', on: '*', om: 1 }),
  "'may' should be a function or a list of functions": rule({ on: '*' }),
  "'tеst.ping' is no function": rule({ may: 'tеst.ping', on: '*' }),
  "'ping' is no function": rule({ may: 'ping', on: '*' }),
  "'on' has to say on which minions 'runners.jobs.*' may run": rule({ may: 'runners.jobs.*' }),
  "'on' says nothing for 'wheel.key.*'": rule({ may: 'wheel.key.*', on: '*' }),
  "'on' should be a compound target": rule({ may: 'test.ping', on: ['web1'] }),
  "operator 'a': the compound target 'web* and' ends where": rule({ may: 'test.ping', on: 'web* and' }),
  "'args' should be a list of arguments": rule({ may: 'test.ping', on: '*', args: 'x' }),
  "arguments can't be told for 'control.status'": rule({ may: 'control.status', args: [] }),
};

for (const [sentence, written] of Object.entries(mistakes))
  test(`operators' config: ${sentence} ..., is told`, (t) => {
    const { findings } = readOperators(written);
    const messages = findings.map(({ error }) => error().message);
    t.true(
      messages.some((message) => message.includes(sentence)),
      messages.join('\n'),
    );
  });

test('a key as OpenSSH writes it: read, and anything else is none', (t) => {
  t.deepEqual(parsePublicKey(key), identity.publicKey);
  t.deepEqual(parsePublicKey(publicKeyText(identity.publicKey, '')), identity.publicKey);
  const [kind = '', base64 = ''] = key.split(' ');
  for (const other of [
    '',
    base64,
    `from="*" ${key}`,
    `${kind} ${base64.slice(0, -4)}`,
    `${kind} ${base64}AAAA`,
    `${kind} ${base64.slice(0, 20)}\u0000${base64.slice(20)}`,
  ])
    t.is(parsePublicKey(other), undefined, other);
});

test('rules: globs reach no further than they say, and arguments are those that are said', (t) => {
  const allowed = (may: string, deed: Deed, more: JsonMap = {}): boolean => {
    const isOnMaster = /^(?:runner|wheel|control)\./.test(may);
    const written = rule({ may, ...(isOnMaster ? {} : { on: '*' }), ...more });
    const operators = operatorsOf(written, {}, (id) => ({ id }));
    const proven = operators.ofKey(identity.publicKey);
    return operators.refusal(proven, deed) === undefined;
  };
  const ping: Deed = { side: 'minion', fun: 'test.ping', minions: ['web1'] };
  const on = (side: Deed['side'], fun: string): Deed => ({ side, fun });
  t.true(allowed('test.*', ping));
  t.true(allowed('*', ping));
  t.true(allowed('*.*', ping));
  t.true(allowed('[st]est.p?ng', ping));
  t.false(allowed('Test.*', ping));
  t.false(allowed('test.pin', ping));
  t.false(allowed('est.ping', ping));
  for (const glob of ['*', '*.*', 'r*', '?unner.jobs.list', '[r]unner.*', 'jobs.list'])
    t.false(allowed(glob, on('runner', 'jobs.list')), glob);
  t.true(allowed('runner.*', on('runner', 'jobs.list')));
  t.false(allowed('runner.*', on('wheel', 'jobs.list')));
  t.false(allowed('runner.*', { ...ping, fun: 'runner.jobs.list' }));
  t.false(allowed('wheel.*', on('control', 'key.list')));
  t.false(allowed('*', { ...ping, byPillar: true }));

  const args = { args: [1, 'a'], kwargs: { b: { c: true, d: null } } };
  const with_ = (given: Partial<Deed>): boolean => allowed('test.ping', { ...ping, ...given }, args);
  t.true(with_({ args: [1, 'a'], kwargs: { b: { d: null, c: true } } }));
  t.false(with_({ args: ['1', 'a'], kwargs: args.kwargs }));
  t.false(with_({ args: [1], kwargs: args.kwargs }));
  t.false(with_({ args: args.args }));
  t.false(with_({ args: args.args, kwargs: { ...args.kwargs, e: 1 } }));
  t.false(allowed('test.ping', { ...ping, args: [1] }, { args: [] }));
});

test('rules: a minion of which too little is known does not fit, nor does its opposite', (t) => {
  const facts = { web1: { os: 'Debian' } } as Record<string, JsonMap>;
  const refusal = (on: string, minions: string[]): string | undefined => {
    const operators = operatorsOf(rule({ may: 'test.ping', on }), {}, (id) => ({ id, grains: facts[id] }));
    const proven = operators.ofKey(identity.publicKey);
    return operators.refusal(proven, { side: 'minion', fun: 'test.ping', minions })?.sentence;
  };
  t.is(refusal('G@os:Debian', ['web1']), undefined);
  t.regex(refusal('G@os:Debian', ['web1', 'web2']) ?? '', /may not run test\.ping on web2$/);
  t.regex(refusal('not G@os:Debian', ['web2']) ?? '', /on web2$/);
  const many = Array.from({ length: 30 }, (_, at) => `db${at}`);
  t.regex(refusal('web*', many) ?? '', /on db0, .*db9 and 20 more$/);
});

test('rules: a group that is not there, is told', (t) => {
  const written = rule({ may: 'test.ping', on: 'N@webs' });
  t.deepEqual(readOperators(written).findings, []);
  t.throws(() => operatorsOf(written, { web: 'web*' }, (id) => ({ id })), {
    code: 'TS_TARGET_UNKNOWN_GROUP',
    message: /did you mean 'web'\?/,
  });
});
