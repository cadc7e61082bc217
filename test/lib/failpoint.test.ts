import test from 'ava';
import { parseFailpoint } from '../../lib/failpoint.ts';

test('failpoint: a point and how often it has to be passed', (t) => {
  t.deepEqual(parseFailpoint('job-noted:12:kill9'), { point: 'job-noted', left: 12 });
});

test('failpoint: one that there is not is an error, with the nearest one', (t) => {
  const error = t.throws(() => parseFailpoint('job-notet:1:kill9'), { code: 'TS_FAILPOINT_UNKNOWN' });
  t.regex(JSON.stringify(error), /did you mean 'job-noted'/);
});

for (const text of ['job-noted', 'job-noted:0:kill9', 'job-noted:1:kill', 'job-noted:1:kill9:']) {
  test(`failpoint: '${text}' is not of its form`, (t) => {
    t.throws(() => parseFailpoint(text), { code: 'TS_FAILPOINT_UNFIT' });
  });
}
