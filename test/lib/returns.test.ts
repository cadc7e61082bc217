import test from 'ava';
import { reasonIn } from '../../lib/returns.ts';

test("a failed function's reason: the text of an error on one line, the first failed state, what an answer says of itself", (t) => {
  t.is(reasonIn("there is no function 'a.b'\nhint: x\n"), "there is no function 'a.b' hint: x");
  t.is(reasonIn('a'.repeat(201)), `${'a'.repeat(200)}...`);
  t.is(reasonIn(['a.sls:1:1: bad', 'b.sls:1:1: bad']), 'a.sls:1:1: bad');
  const good = { __id__: 'a', result: true, comment: 'fine' };
  t.is(reasonIn({ x: good, y: { __id__: 'b', result: false, comment: 'it\nis not' } }), 'b: it is not');
  t.is(reasonIn({ result: false, comment: 'Job x does not exist.' }), 'Job x does not exist.');
  t.is(reasonIn({ retcode: 1, data: { m_master: ['no such file'] } }), 'no such file');
  for (const none of ['', ' ', null, 3, false, [], {}, { a: 1 }, { x: good }]) t.is(reasonIn(none), undefined);
});
