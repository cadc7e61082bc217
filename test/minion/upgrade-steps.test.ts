import test from 'ava';
import { silent } from '../../lib/log.ts';
import type { LinkNote, UpgradeRecord } from '../../minion/upgrade/record.ts';
import { watchUpgrade, type WatchParts } from '../../minion/upgrade/watch.ts';
import { fakeClock } from '../kit/clock.ts';

const from = '0.1.0-aaaaaaaaaaaa';
const to = '0.2.0-bbbbbbbbbbbb';
const begun: UpgradeRecord = {
  jid: '20260101000000000000',
  from,
  to,
  stage: 'begun',
  reason: '',
  attempts: 0,
  confirmSeconds: 120,
  service: { unit: 'tsalt-minion.service' },
};

/** A machine in memory: what is in it survives a power cut. */
function machine(record: UpgradeRecord, minionOf: (version: string) => string) {
  const done: string[] = [];
  let kept: UpgradeRecord | undefined = record;
  let current = record.stage === 'begun' ? from : to;
  let note: LinkNote | undefined;
  let stepsLeft = Infinity;
  let powerOff = (): void => {};
  /** The power may go before each thing that is done: then nothing goes on. */
  async function costs(): Promise<void> {
    if (stepsLeft-- > 0) return;
    powerOff();
    await new Promise(() => {});
  }
  const clock = fakeClock();
  const parts: WatchParts = {
    read: () => kept,
    async write(next) {
      await costs();
      kept = next;
      done.push(next.stage);
    },
    async point(name) {
      await costs();
      current = name;
      done.push(`current ${name}`);
    },
    async restart() {
      await costs();
      done.push(`start ${current}`);
      const what = minionOf(current);
      if (what === 'unstartable') throw new Error('no such file');
      if (current === to && what !== 'crashes') note = { jid: record.jid, by: to, state: what, reason: 'why not' };
    },
    trouble: async () => (minionOf(current) === 'crashes' ? 'its process ended 3 times' : undefined),
    link: () => note,
    clock,
    log: silent,
  };
  return {
    done,
    parts,
    current: () => current,
    record: () => kept,
    forget: () => (kept = undefined),
    /** Watches until it is over, or until the power goes before the step after so many. */
    async run({ steps = Infinity, ...changed }: { steps?: number } & Partial<WatchParts> = {}) {
      stepsLeft = steps;
      const cut = new Promise<{ ended: 'cut' }>((resolve) => (powerOff = () => resolve({ ended: 'cut' })));
      const watching = Promise.race([watchUpgrade({ ...parts, ...changed }).then((ended) => ({ ended })), cut]);
      let over: Awaited<typeof watching> | undefined;
      void watching.then((how) => (over = how));
      while (!over) {
        await new Promise(setImmediate);
        clock.advance(500);
      }
      return over.ended;
    },
  };
}

test('upgrade: a new version that is accepted, stays', async (t) => {
  const it = machine(begun, () => 'accept');
  t.like(await it.run(), { stage: 'upgraded', reason: '' });
  t.deepEqual(it.done, [`current ${to}`, 'trying', 'trying', `start ${to}`, 'upgraded']);
  t.is(it.current(), to);
});

test('upgrade: a new version that the master does not accept in time, makes room for the old one, and what it said is told', async (t) => {
  const it = machine(begun, (version) => (version === to ? 'reject' : 'accept'));
  t.like(await it.run(), {
    stage: 'rolled-back',
    reason: 'the master had not accepted it after 120 s; it said: reject, why not',
  });
  t.deepEqual(it.done.slice(-4), ['undoing', `current ${from}`, `start ${from}`, 'rolled-back']);
});

test('upgrade: a new version that ends again and again, is not waited for', async (t) => {
  const it = machine(begun, (version) => (version === to ? 'crashes' : 'accept'));
  t.like(await it.run(), { stage: 'rolled-back', reason: 'its process ended 3 times' });
  t.is(it.current(), from);
});

test('upgrade: a new version that can not be started, makes room for the old one', async (t) => {
  const it = machine(begun, (version) => (version === to ? 'unstartable' : 'accept'));
  t.like(await it.run(), { stage: 'rolled-back', reason: 'it could not be started: no such file' });
});

test('upgrade: an old version that does not start at first, is started until it does', async (t) => {
  let tries = 0;
  const it = machine(begun, (version) => (version === to ? 'crashes' : ++tries < 4 ? 'unstartable' : 'accept'));
  t.like(await it.run(), { stage: 'rolled-back' });
  t.is(it.done.filter((one) => one === `start ${from}`).length, 4);
});

for (const [what, minionOf, ending, last] of [
  ['good', () => 'accept', 'upgraded', to],
  ['bad', (version: string) => (version === to ? 'crashes' : 'accept'), 'rolled-back', from],
] as const) {
  test(`upgrade: with the power cut before any of its steps, a ${what} version ends as it would have`, async (t) => {
    for (let steps = 0; steps < 9; steps++) {
      const it = machine(begun, minionOf);
      await it.run({ steps });
      t.like(await it.run(), { stage: ending }, `cut after ${steps} steps`);
      t.is(it.current(), last);
    }
  });
}

test('upgrade: a version that takes the machine down with it each time, is tried three times', async (t) => {
  const it = machine(begun, () => 'connecting');
  for (let boot = 0; boot < 4; boot++) t.is(await it.run({ steps: boot === 0 ? 4 : 2 }), 'cut');
  t.like(await it.run(), { stage: 'rolled-back', reason: 'it was interrupted 3 times before it was confirmed' });
});

test('upgrade: one that another installer has ended meanwhile, touches nothing any more', async (t) => {
  const it = machine(begun, () => 'accept');
  const { restart } = it.parts;
  const restarted = async (before: string, now: string): Promise<void> => {
    await restart(before, now);
    it.forget();
  };
  t.is(await it.run({ restart: restarted }), undefined);
  t.is(it.record(), undefined);
});

test('upgrade: the word of another upgrade confirms nothing', async (t) => {
  const it = machine(begun, () => 'accept');
  const link = (): LinkNote => ({ jid: 'another', by: to, state: 'accept', reason: '' });
  t.like(await it.run({ link }), { stage: 'rolled-back', reason: 'the master had not accepted it after 120 s' });
});
