import test from 'ava';
import { readBeacons } from '../../lib/beacons/read.ts';
import { examineConfig } from '../../lib/config/load.ts';
import { readDocument } from '../../lib/config/document.ts';
import type { JsonMap } from '../../lib/json.ts';
import { builtinBeacons } from '../../minion/beacons/registry.ts';

/** What is said of a minion's config with this text. */
function examine(text: string) {
  const { errors, warnings } = examineConfig('minion', {
    configDir: '/etc/tsalt',
    env: {},
    files: {
      read: (path) => (path === '/etc/tsalt/minion' ? text : undefined),
      list: () => [],
    },
    person: { uid: 0, home: '/root', hostname: 'h' },
  });
  const shown = ({ place, sentence, hint }: (typeof errors)[number]): string =>
    `${place?.line}:${place?.column} ${sentence}${hint === undefined ? '' : ` (${hint})`}`;
  return { errors: errors.map(shown), warnings: warnings.map(shown) };
}

const mistakes: readonly [what: string, options: string, said: string][] = [
  ['a beacon', '  lod: []', "2:3 there is no beacon 'lod' (did you mean 'load'?)"],
  [
    'a beacon by another name',
    '  mine:\n  - interval: 3\n  - beacon_module: memusag',
    "4:20 there is no beacon 'memusag' (did you mean 'memusage'?)",
  ],
  [
    'no list',
    '  load:\n    interval: 3',
    "3:5 beacon 'load': should be a list of its options, such as [{interval: 10}], not a map",
  ],
  [
    'no list of maps',
    '  status: [x]',
    '2:12 beacon \'status\': should be a list of its options, such as [{interval: 10}], not the text "x"',
  ],
  [
    'an option',
    '  memusage:\n  - percent: 3\n  - intervall: 3',
    "4:5 beacon 'memusage': there is no option 'intervall' (did you mean 'interval'?)",
  ],
  [
    'an option inside another',
    '  service:\n  - services:\n      nginx: {onchangeonli: true}',
    "4:15 beacon 'service': there is no option 'services: nginx: onchangeonli' (did you mean 'onchangeonly'?)",
  ],
  ['an option that is missing', '  memusage: []', "2:3 beacon 'memusage': 'percent' has to be said"],
  [
    'a value',
    '  memusage:\n  - percent: 200%',
    "3:14 beacon 'memusage': 'percent' should be a percentage, such as 63%, not the text \"200%\"",
  ],
  [
    'a value that is no number',
    '  memusage:\n  - percent: most',
    "3:14 beacon 'memusage': 'percent' should be a percentage, such as 63%, not the text \"most\"",
  ],
  [
    'an interval',
    '  status:\n  - interval: 0',
    "3:15 beacon 'status': 'interval' should be a number of seconds from 0.1, not 0",
  ],
  [
    'a pattern',
    '  log:\n  - file: /x\n  - tags:\n      t: {regex: "("}',
    "5:18 beacon 'log': 'tags: t: regex' should be a pattern that can be read, not the text \"(\"",
  ],
  [
    'a mask',
    '  inotify:\n  - files:\n      /x:\n        mask: [modifi]',
    "5:16 beacon 'inotify': 'files: /x: mask: 0' should be one of attrib, close_write, create, delete, delete_self, modify, move_self, moved_from, moved_to, not the text \"modifi\"",
  ],
  [
    'a bound',
    '  load:\n  - averages:\n      1m: [0.0, abc]',
    "4:17 beacon 'load': 'averages: 1m: 1' should be a number, not the text \"abc\"",
  ],
  [
    'a mount point',
    '  diskusage:\n  - intervall: 3',
    "3:5 beacon 'diskusage': 'intervall' should be a mount point, such as /, or a pattern of them, not the text \"intervall\" (did you mean 'interval'?)",
  ],
  [
    'the switch',
    '  enabled: maybe',
    '2:12 \'enabled\' switches all beacons: it should be true or false, not the text "maybe"',
  ],
];
test('beacons in a config, a beacon like none of ours: a warning, for it may be one of the state tree; an error where these are known', (t) => {
  const known =
    'there are diskusage, inotify, journald, load, log, memusage, network_info, network_settings, ps, service, status, swapusage, and those of _beacons in the state tree';
  t.deepEqual(examine('beacons:\n  whatever: []\n'), {
    errors: [],
    warnings: [`2:3 there is no beacon 'whatever' (${known})`],
  });
  const own = new Map([['door', { stamp: 'stamp' }]]);
  t.true(readBeacons({ whatever: [] }, own).findings.every(({ isHarmless }) => !isHarmless));
  t.deepEqual(readBeacons({ door: [{ side: 'left' }, { interval: 3 }] }, own), {
    findings: [],
    beacons: [
      {
        name: 'door',
        module: 'door',
        stamp: 'stamp',
        parameters: { side: 'left' },
        intervalMs: 3000,
        disableDuringStateRun: false,
        runOnce: false,
      },
    ],
  });
  t.is(readBeacons({ doors: [] }, own).findings[0]?.error().hint, "did you mean 'door'?");
});

for (const [what, options, said] of mistakes) {
  test(`beacons in a config, ${what} that is wrong: where, and the nearest right name`, (t) => {
    t.deepEqual(examine(`beacons:\n${options}\n`), { errors: [said], warnings: [] });
  });
}

test('beacons in a config, what only Salt can see: a warning', (t) => {
  const text =
    'beacons:\n  inotify:\n  - files:\n      /x:\n        mask: [open, modify]\n  network_settings:\n  - interfaces:\n      open: {mtu: , qdisc: }\n';
  t.deepEqual(examine(text), {
    errors: [],
    warnings: [
      "5:16 beacon 'inotify': Salt can see 'open', tsalt can't: it has no effect",
      "8:21 beacon 'network_settings': Salt can see 'qdisc', tsalt can't: it has no effect",
    ],
  });
});

test('beacons: a list of maps is one map; common options; those that are switched off are not there', (t) => {
  const written = {
    mine: [{ percent: '3 %', interval: 2.5 }, { beacon_module: 'memusage' }, { disable_during_state_run: true }],
    status: [{ enabled: false }],
    swapusage: [{ percent: 4 }, { enabled: true }, { run_once: true }, { percent: 5 }],
  };
  t.deepEqual(readBeacons(written), {
    findings: [],
    beacons: [
      {
        name: 'mine',
        module: 'memusage',
        parameters: { percent: 3 },
        intervalMs: 2500,
        disableDuringStateRun: true,
        runOnce: false,
      },
      {
        name: 'swapusage',
        module: 'swapusage',
        parameters: { percent: 5 },
        intervalMs: 1000,
        disableDuringStateRun: false,
        runOnce: true,
      },
    ],
  });
  t.deepEqual(readBeacons({ ...written, enabled: false }).beacons, []);
});

test("beacons: every beacon's example, can be read", async (t) => {
  for (const name of builtinBeacons.names) {
    const { example } = await builtinBeacons.load(name);
    const { beacons, findings } = readBeacons(readDocument('example', example).values['beacons'] as JsonMap);
    t.deepEqual(
      findings.map(({ error }) => error().message),
      [],
      name,
    );
    t.is(beacons.length, 1);
  }
});
