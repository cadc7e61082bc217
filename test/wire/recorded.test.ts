import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';
import { oldestMinion } from '../../lib/version.ts';
import { openJob } from '../../wire/jobs.ts';
import { ed25519PublicKey } from '../../wire/keys.ts';
import {
  converse,
  id,
  identitiesOf,
  items,
  job,
  jobArguments,
  jobFrame,
  masterOf,
  provenOf,
  sessionOf,
  verdictOf,
  type Conversation,
} from './conversation.ts';

/*
 * What minions of earlier versions put on the line: a master of this one has to take it for as long as it works with them.
 * test/fixtures/wire/record.mjs records the conversation of a version when it is released.
 */

const folder = path.resolve(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'wire');
const recorded = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Conversation);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

test('recorded: there is a conversation of the oldest version that is worked with', (t) => {
  t.true(recorded.some(({ inputs }) => inputs.version === oldestMinion));
});

for (const { inputs, frames } of recorded) {
  const { version } = inputs;
  if (compareDebVersions(version, oldestMinion) < 0) continue;

  test(`recorded: a minion of ${version} is known by its key, and by what it says of itself`, (t) => {
    const master = masterOf(inputs, bytes(frames.hello));
    t.is(master.challenge.toString('hex'), frames.challenge, 'what it was answered then');
    const proven = provenOf(master, bytes(frames.proof));
    t.like(proven, { id, ...inputs.claim });
    t.deepEqual(proven.publicKey, identitiesOf(inputs).minion.publicKey);
    t.is(verdictOf(proven).toString('hex'), frames.verdict);
  });

  test(`recorded: what a minion of ${version} tells, asks and returns is taken`, (t) => {
    const session = sessionOf(provenOf(masterOf(inputs, bytes(frames.hello)), bytes(frames.proof)));
    session.take(bytes(frames.greeting));
    session.take(bytes(frames.items));
    t.deepEqual(session.received, [...items]);
    t.like(session.asked, [{ question: 'greet', body: { grains: { os: 'Debian' } } }]);
    t.deepEqual(session.counters.all(), { items: items.length });
  });

  test(`recorded: a job is published to a minion of ${version} as it was then`, (t) => {
    const proven = provenOf(masterOf(inputs, bytes(frames.hello)), bytes(frames.proof));
    t.is(jobFrame(inputs, proven).toString('hex'), frames.job);
    const { master, minion } = identitiesOf(inputs);
    const opened = openJob(
      bytes(frames.job),
      proven.channel.keys,
      ed25519PublicKey(master.publicKey),
      minion.publicKey,
    );
    t.deepEqual(opened, { number: 1n, manifest: job, args: jobArguments });
  });

  test(`recorded: the conversation of ${version} is the same word for word today`, (t) => {
    t.deepEqual(converse(inputs), frames);
  });
}
