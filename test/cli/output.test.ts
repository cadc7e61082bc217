import test from 'ava';
import fc from 'fast-check';
import { format, formOf } from '../../cli/output/output.ts';
import { toYaml } from '../../cli/output/yaml.ts';
import { loadYaml } from '../../lib/yaml/load.ts';
import { captured } from '../states-engine/kit.ts';

const entry = { __sls__: 'x', start_time: '09:46:34.120499', duration: 8.25 };
const run = {
  'test_|-ok_|-ok_|-nop': {
    ...entry,
    name: 'ok',
    result: true,
    changes: {},
    comment: 'Success!',
    __run_num__: 0,
    __id__: 'ok',
  },
  'cmd_|-fails_|-false_|-run': {
    ...entry,
    name: 'false',
    result: false,
    changes: { stdout: 'a\nb', retcode: 1 },
    comment: 'Command "false" run\nand failed',
    __run_num__: 1,
    __id__: 'fails',
  },
  'test_|-may_|-may_|-nop': {
    ...entry,
    name: 'may',
    result: null,
    changes: { x: [1, { y: null }] },
    comment: 'would',
    __run_num__: 2,
    __id__: 'may',
  },
};

const text = `web1:
----------
          ID: ok
    Function: test.nop
      Result: True
     Comment: Success!
     Started: 09:46:34.120499
    Duration: 8.25 ms
     Changes:   
----------
          ID: fails
    Function: cmd.run
        Name: false
      Result: False
     Comment: Command "false" run
              and failed
     Started: 09:46:34.120499
    Duration: 8.25 ms
     Changes:   
              ----------
              retcode:
                  1
              stdout:
                  a
                  b
----------
          ID: may
    Function: test.nop
      Result: None
     Comment: would
     Started: 09:46:34.120499
    Duration: 8.25 ms
     Changes:   
              ----------
              x:
                  - 1
                  |_
                    ----------
                    y:
                        None

Summary for web1
------------
Succeeded: 2 (unchanged=1, changed=2)
Failed:    1
------------
Total states run:     3
Total run time:  24.750 ms
`;

test("output: a state run, Salt's own text", (t) => {
  t.is(format({ web1: run }, undefined, captured('/')), text);
});

test('output: on a terminal, colours; with NO_COLOR, none', (t) => {
  const io = { ...captured('/'), outIsTerminal: true };
  const coloured = format({ web1: run }, 'highstate', io);
  t.true(coloured.includes('\u001b[0;31m----------\n          ID: fails'));
  // oxlint-disable-next-line no-control-regex
  t.is(coloured.replaceAll(/\u001b\[[\d;]*m/g, ''), text);
  t.is(format({ web1: run }, 'highstate', { ...io, env: { NO_COLOR: '1' } }), text);
});

test("output: a tree that does not compile, Salt's own text", (t) => {
  t.is(
    format({ local: ['x:1:1: bad\n1 | y'] }, undefined, captured('/'), true),
    'local:\n    Data failed to compile:\n----------\n    x:1:1: bad\n    1 | y\n',
  );
});

test('output: json, yaml, table, quiet', (t) => {
  const io = captured('/');
  t.deepEqual(JSON.parse(format({ local: run }, 'json', io)), { local: run });
  t.is(format({ local: { a: [1, 'x: y'], b: {} } }, 'yaml', io), 'local:\n  a:\n  - 1\n  - "x: y"\n  b: {}\n');
  t.regex(format({ local: run }, 'table', io), /^RESULT +FUNCTION .*\nright +test.nop +ok .*\nfailed +cmd.run +fails/);
  t.is(format({ local: run }, 'quiet', io), '');
  t.throws(() => formOf('jsn'), { message: /--out is one of json, .*\nhint: did you mean 'json'/ });
});

test('output: any JSON as yaml, the same when read again', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value, (_, item: unknown) =>
        typeof item === 'number' ? Math.trunc(item) % 1e9 : item,
      );
      // oxlint-disable-next-line no-control-regex
      if (/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|__proto__|[\ud800-\udfff]/.test(json)) return;
      const wanted = JSON.parse(json) as unknown;
      const { data, errors } = loadYaml(toYaml(wanted), 'f');
      t.deepEqual(errors, [], toYaml(wanted));
      t.deepEqual(JSON.parse(JSON.stringify(data)), wanted, toYaml(wanted));
    }),
  );
});
