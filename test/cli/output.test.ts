import test from 'ava';
import fc from 'fast-check';
import { format, formOf } from '../../cli/output/output.ts';
import { usualView } from '../../cli/output/view.ts';
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
  t.true(coloured.includes('\u001b[0;31m----------\u001b[0;0m\n    \u001b[0;31m      ID: fails\u001b[0;0m\n'));
  // oxlint-disable-next-line no-control-regex
  t.is(coloured.replaceAll(/\u001b\[[\d;]*m/g, ''), text);
  t.is(format({ web1: run }, 'highstate', { ...io, env: { NO_COLOR: '1' } }), text);
});

test("output: a tree that does not compile, Salt's own text", (t) => {
  t.is(
    format({ local: ['x:1:1: bad\n1 | y'] }, undefined, captured('/'), { areStates: true }),
    'local:\n    Data failed to compile:\n----------\n    x:1:1: bad\n    1 | y\n',
  );
});

test('output: json, yaml, table, txt, newline_values_only, quiet', (t) => {
  const io = captured('/');
  t.deepEqual(JSON.parse(format({ local: run }, 'json', io)), { local: run });
  t.is(format({ local: { a: [1, 'x: y'], b: {} } }, 'yaml', io), 'local:\n  a:\n  - 1\n  - "x: y"\n  b: {}\n');
  t.is(format({ local: run }, 'quiet', io), '');
  t.is(format({ m: 'a\nb\n', n: { a: [1] }, o: null }, 'txt', io), 'm: a\nm: b\nn: {"a":[1]}\no: null\n');
  t.is(format({ m: ['10.0.0.1', '::1'], n: 8 }, 'newline_values_only', io), '10.0.0.1\n::1\n8\n');
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

test('output: a state run as a table, a row for each state with what it changed in brief', (t) => {
  const more = {
    'file_|-f_|-/etc/f_|-managed': {
      ...run['test_|-ok_|-ok_|-nop'],
      __run_num__: 9,
      changes: { diff: '--- \n+++ \n@@ -1,2 +1,1 @@\n-a\n-b\n+c\n', mode: '0644' },
    },
    'pkg_|-p_|-p_|-installed': {
      ...run['test_|-ok_|-ok_|-nop'],
      __run_num__: 8,
      changes: { curl: { old: '', new: '8.1' }, vim: { old: '9', new: '10' }, nano: { old: '7', new: '' } },
    },
  };
  const io = captured('/');
  t.is(
    format({ local: { ...more, ...run } }, 'table', io),
    `FUNCTION       NAME    RESULT        TIME     CHANGES
test.nop       ok      right         8.25 ms
cmd.run        false   failed        8.25 ms  Command "false" run
test.nop       may     would change  8.25 ms  x: 2 items
pkg.installed  p       changed       8.25 ms  curl: 8.1, vim: 9 -> 10, nano: 7 -> gone
file.managed   /etc/f  changed       8.25 ms  diff: +1 -2, mode: 0644
`,
  );
  t.regex(
    format({ local: run }, 'table', { ...io, outIsTerminal: true }),
    // oxlint-disable-next-line no-control-regex
    /\n\u001b\[0;31mcmd\.run .*run\u001b\[0;0m\n/,
  );
});

test('output: what a terminal would obey, shown and never sent, in every form', (t) => {
  const evil = 'a\u001b]0;title\u0007b\u009b2Jc\u202ed\u0000\u007f';
  const state = { ...run['test_|-ok_|-ok_|-nop'], name: evil, comment: evil, changes: { diff: evil, [evil]: [evil] } };
  const key = `test_|-${evil}_|-${evil}x_|-nop`;
  const io = { ...captured('/'), outIsTerminal: true };
  const views = ['full', 'terse'] as const;
  const texts = [
    ...views.flatMap((state_output) =>
      [{}, { warnings: [evil] }].map((more) =>
        format({ [evil]: { [key]: { ...state, ...more } } }, 'highstate', io, { view: { ...usualView, state_output } }),
      ),
    ),
    ...(['json', 'yaml', 'table', 'nested'] as const).flatMap((form) => [
      format({ [evil]: { [key]: state } }, form, io),
      format({ [evil]: { [evil]: evil } }, form, io),
      format({ [evil]: [{ [evil]: evil }] }, form, io),
    ]),
    format({ [evil]: [evil] }, 'highstate', io),
  ];
  for (const text of texts) {
    // oxlint-disable-next-line no-control-regex
    t.notRegex(text.replaceAll(/\u001b\[[\d;]*m/g, ''), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
  }
  t.true(texts[0]?.includes(String.raw`a\x1b]0;title\x07b\x9b2Jc\u202ed\x00\x7f`));
});
