import test from 'ava';
import { check, checkers, type CheckerName, type Observed } from './checkers.ts';
import { operationsOf, type Entry } from './history.ts';

/* The checkers themselves: a history as it should be, and one way to spoil it for each of them. */

const history: readonly Entry[] = [
  { phase: 'invoke', op: 1, kind: 'job', ids: ['a', 'b'] },
  { phase: 'invoke', op: 2, kind: 'event', ids: [] },
  { phase: 'fault', what: 'the master is killed' },
  { phase: 'ok', op: 1, jid: 'j1' },
  { phase: 'invoke', op: 3, kind: 'own', ids: ['a'] },
  { phase: 'info', op: 2, reason: 'no answer' },
  { phase: 'ok', op: 3 },
  { phase: 'invoke', op: 4, kind: 'event', ids: [] },
  { phase: 'fail', op: 4, reason: 'the disk is full' },
  { phase: 'invoke', op: 5, kind: 'state', ids: ['a'] },
  { phase: 'invoke', op: 6, kind: 'event', ids: [] },
  { phase: 'ok', op: 6 },
];

const good: Observed = {
  jobs: [
    {
      jid: 'j1',
      op: 1,
      reaction: false,
      pairs: [
        { id: 'a', state: 'returned', success: true },
        { id: 'b', state: 'lost' },
      ],
    },
    { jid: 'j2', op: 3, reaction: true, pairs: [{ id: 'a', state: 'returned', success: false }] },
  ],
  returns: ['j1 a', 'j2 a'],
  marks: [
    { machine: 'a', id: 'a', op: 1, reaction: false },
    { machine: 'a', id: 'a', op: 3, reaction: true },
  ],
  events: [3, 6],
  reacted: [3, 3, 6],
  publishing: [2, 3],
  bounds: [{ what: 'bytes that wait', value: 5, most: 5 }],
  growth: [{ process: 'master', what: 'descriptors', first: 30, last: 33 }],
  leaks: [],
  restless: [],
};

const [job, made] = good.jobs;
const spoilt: readonly [CheckerName, string, Partial<Observed>, RegExp][] = [
  ['noLostAcknowledgement', 'an acknowledged event that is gone', { events: [3] }, /operation 6 .* is gone/],
  ['noLostAcknowledgement', 'an acknowledged job that is gone', { jobs: made ? [made] : [] }, /operation 1 .* is gone/],
  ['nothingRefusedHappened', 'a refused event that is there', { events: [3, 4, 6], reacted: [3, 4, 6] }, /operation 4/],
  [
    'atMostOneRun',
    'a job that ran twice',
    { marks: [...good.marks, ...good.marks.slice(0, 1)] },
    /operation 1 on a ran 2 times/,
  ],
  [
    'atMostOneRun',
    'a reaction that ran twice',
    { marks: [...good.marks, ...good.marks.slice(1)] },
    /for event 3 on a ran 2 times/,
  ],
  ['doneMeansDone', 'a job that says it was done and was not', { marks: good.marks.slice(1) }, /never ran there/],
  [
    'everyJobEnds',
    'a job that waits for ever',
    {
      jobs: [
        ...(job ? [{ ...job, pairs: [...job.pairs.slice(0, 1), { id: 'b', state: 'delivered' }] }] : []),
        ...good.jobs.slice(1),
      ],
    },
    /j1 is delivered at b/,
  ],
  ['returnsOnce', 'a return that is there twice', { returns: ['j1 a', 'j1 a', 'j2 a'] }, /j1 a is there 2 times/],
  ['returnsOnce', 'a pair that has returned nothing', { returns: ['j1 a'] }, /j2 is returned at a, with 0/],
  ['returnsOnce', 'a return of one that is lost', { returns: ['j1 a', 'j1 b', 'j2 a'] }, /lost at b, with 1/],
  ['eventsOnce', 'an event that is there twice', { events: [3, 3, 6] }, /event 3 is there 2 times/],
  ['everyEventReacted', 'an event that no reactor got', { reacted: [3] }, /event 6 came to no reactor/],
  [
    'everyEventReacted',
    'an event that led to two jobs',
    { jobs: [...good.jobs, ...(made ? [{ ...made, jid: 'j3' }] : [])], returns: [...good.returns, 'j3 a'] },
    /3 led to 2 jobs/,
  ],
  ['everyEventReacted', 'an event that led to none', { jobs: job ? [job] : [], returns: ['j1 a'] }, /3 led to no job/],
  ['queuesBounded', 'a queue above its bound', { bounds: [{ what: 'q', value: 6, most: 5 }] }, /q is 6, above 5/],
  ['queuesBounded', 'a queue nobody knows of', { bounds: [{ what: 'q', value: NaN, most: 5 }] }, /q is NaN/],
  [
    'flat',
    'descriptors that grow',
    { growth: [{ process: 'master', what: 'descriptors', first: 30, last: 90 }] },
    /30 to 90/,
  ],
  ['flat', 'memory that grows', { growth: [{ process: 'master', what: 'memory', first: 1e8, last: 4e8 }] }, /memory/],
  ['noLeaks', 'a secret in a log', { leaks: ['the log of a'] }, /the log of a/],
  ['comesToRest', 'something that does not end', { restless: ['a is not connected'] }, /a is not connected/],
];

test('checkers: a history as it should be has nothing wrong in it', (t) => {
  t.deepEqual(check(history, good), []);
});

for (const [name, what, change, message] of spoilt) {
  test(`checkers: ${what}, is found by ${name} alone`, (t) => {
    const wrong = check(history, { ...good, ...change });
    t.true(wrong.length > 0);
    for (const one of wrong) {
      t.true(one.startsWith(`${name}: `), one);
      t.regex(one, message);
    }
    t.deepEqual(check(history, { ...good, ...change }, new Set([name])), []);
  });
}

test('checkers: each of them is tried', (t) => {
  t.deepEqual([...new Set(spoilt.map(([name]) => name))].toSorted(), Object.keys(checkers).toSorted());
});

test('history: what was begun and never answered is of unknown end', (t) => {
  t.deepEqual(
    operationsOf(history).map(({ op, end }) => [op, end]),
    [
      [1, 'ok'],
      [2, 'info'],
      [3, 'ok'],
      [4, 'fail'],
      [5, 'info'],
      [6, 'ok'],
    ],
  );
  t.throws(() => operationsOf([{ phase: 'ok', op: 9 }]), { message: /9 ends and was never begun/ });
});
