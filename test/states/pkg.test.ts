import test from 'ava';
import * as v from 'valibot';
import type { OfferOptions, Reading } from '../../lib/contracts/machine.ts';
import type { Plan } from '../../lib/contracts/state.ts';
import { compareRpmVersions } from '../../lib/packages/rpm-version.ts';
import type { PackagesFacts } from '../../states/pkg/facts.ts';
import held from '../../states/pkg/held.ts';
import installed from '../../states/pkg/installed.ts';
import latest from '../../states/pkg/latest.ts';
import purged from '../../states/pkg/purged.ts';
import removed from '../../states/pkg/removed.ts';
import unheld from '../../states/pkg/unheld.ts';
import uptodate from '../../states/pkg/uptodate.ts';
import { fulfils } from '../../states/pkg/versions.ts';

const facts = (more: Partial<PackagesFacts> = {}): PackagesFacts => ({
  present: {
    bash: { version: '5.2.15-2', state: 'installed' },
    vim: { version: '2:9.0-1', state: 'installed' },
    nano: { version: '7.2-1', state: 'config-files' },
    half: { version: '1.0', state: 'partial' },
  },
  offers: {
    hello: { candidate: '2.10-3', versions: ['2.10-3', '2.9-1', '2.8-1'] },
    sl: { candidate: '5.02-1', versions: ['5.02-1'] },
    bash: { candidate: '5.2.15-4', versions: ['5.2.15-4', '5.2.15-2'] },
    half: { candidate: '1.0', versions: ['1.0'] },
  },
  updated: true,
  ...more,
});

const obscures = ['files', 'services', 'accounts'];
const right = (comment: string): Plan => ({ changes: {}, comment, steps: [] });
const wrong = (comment: string): Plan => ({ ...right(comment), impossible: true });
const install = (...wanted: readonly [name: string, version?: string][]) => ({
  do: 'packages' as const,
  install: wanted.map(([name, version]) => ({ name, version })),
  remove: [],
  refresh: false,
  release: undefined,
  recommends: undefined,
});

test('pkg.installed: all there, nothing to do', (t) => {
  t.deepEqual(installed.plan({ name: 'bash' }, facts()), right('All specified packages are already installed'));
  t.deepEqual(
    installed.plan({ name: 'x', pkgs: ['bash', { vim: '>=2:9, <2:10' }, { bash: '5.2*' }] }, facts()),
    right('All specified packages are already installed and are at the desired version'),
  );
  t.deepEqual(installed.plan({ name: 'x', pkgs: [] }, facts()), right('No packages to install provided'));
});

test('pkg.installed: one missing, its candidate would be installed', (t) => {
  t.deepEqual(installed.plan({ name: 'hello' }, facts()), {
    changes: { hello: { old: '', new: '2.10-3' } },
    comment: 'The following packages would be installed/updated: hello',
    done: 'The following packages were installed/updated: hello',
    steps: [install(['hello'])],
    obscures,
  });
});

test('pkg.installed: several, with versions, of which some are there, only the others are in the one transaction', (t) => {
  const plan = installed.plan(
    { name: 'x', pkgs: ['bash', { hello: '<2.10' }, { sl: 'latest' }, 'half', { vim: '2:9.0-1' }] },
    facts(),
  );
  t.deepEqual(plan, {
    changes: {
      hello: { old: '', new: '2.9-1' },
      sl: { old: '', new: '5.02-1' },
      half: { old: '1.0', new: '1.0' },
    },
    comment: 'The following packages would be installed/updated: hello, sl, half',
    done: '3 targeted packages were installed/updated.\nThe following packages were already installed: bash, vim=2:9.0-1',
    steps: [install(['hello', '2.9-1'], ['sl', '5.02-1'], ['half'])],
    obscures,
  });
});

test('pkg.installed: another version than the one there is wanted, it is changed; latest means the candidate', (t) => {
  const { changes } = installed.plan({ name: 'bash', version: '5.2.15-4' }, facts());
  t.deepEqual(changes, { bash: { old: '5.2.15-2', new: '5.2.15-4' } });
  t.deepEqual(installed.plan({ name: 'bash', version: 'latest' }, facts()).changes, changes);
});

test('pkg.installed: nobody offers it, or not in that version, the reason names what there is', (t) => {
  t.deepEqual(installed.plan({ name: 'nosuch' }, facts()), wrong("No package source has 'nosuch'"));
  t.deepEqual(
    installed.plan({ name: 'hello', version: '>=3' }, facts()),
    wrong('No package source has hello>=3; on offer: 2.10-3, 2.9-1, 2.8-1'),
  );
});

test('pkg.installed: nobody offers it but the lists are old, that is only known when it is run', (t) => {
  const plan = installed.plan({ name: 'new' }, facts({ updated: false }));
  t.true(plan.unknownUntilRun);
  t.like(plan.steps[0], { do: 'packages', refresh: true });
});

test('pkg: nothing can be installed or read here, the reason is the comment and what is right stays right', (t) => {
  const user = facts({ unchangeable: 'that takes root' });
  t.deepEqual(installed.plan({ name: 'hello' }, user), wrong("Can't install hello: that takes root"));
  t.deepEqual(latest.plan({ name: 'bash' }, user), wrong("Can't install bash: that takes root"));
  t.deepEqual(removed.plan({ name: 'bash' }, user), wrong("Can't remove bash: that takes root"));
  t.falsy(installed.plan({ name: 'bash' }, user).impossible);
  const none = facts({ unavailable: 'there is no dpkg database here' });
  for (const state of [installed, latest, removed, purged])
    t.deepEqual(
      state.plan({ name: 'bash' }, none),
      wrong("Packages can't be managed here: there is no dpkg database here"),
    );
});

test('pkg.latest: older than the candidate, it would be upgraded; as new as any, nothing', (t) => {
  t.deepEqual(latest.plan({ name: 'x', pkgs: ['bash', 'vim', 'hello'] }, facts()), {
    changes: { bash: { old: '5.2.15-2', new: '5.2.15-4' }, hello: { old: '', new: '2.10-3' } },
    comment:
      'The following packages would be installed/upgraded: bash, hello\n' +
      'The following packages are already up-to-date: vim (2:9.0-1)',
    done:
      'The following packages were successfully installed/upgraded: bash, hello ' +
      'The following packages were already up-to-date: vim',
    steps: [
      {
        do: 'packages',
        install: [{ name: 'bash' }, { name: 'hello' }],
        remove: [],
        release: undefined,
        recommends: undefined,
      },
    ],
    obscures,
  });
  t.deepEqual(latest.plan({ name: 'vim' }, facts()), right('Package vim is already up-to-date'));
  t.deepEqual(latest.plan({ name: 'nosuch' }, facts()), wrong("No information found for 'nosuch'."));
});

test('pkg.removed: there, it would be removed; what is left of another one is left alone', (t) => {
  t.deepEqual(removed.plan({ name: 'x', pkgs: ['vim', 'bash', 'nano'] }, facts()), {
    changes: { bash: { old: '5.2.15-2', new: '' }, vim: { old: '2:9.0-1', new: '' } },
    comment: 'The following packages will be removed: bash, vim.',
    done: 'The following packages were not installed: nano The following packages were removed: bash, vim.',
    steps: [{ do: 'packages', install: [], remove: ['bash', 'vim'], purge: false }],
    obscures,
  });
  t.deepEqual(removed.plan({ name: 'nano' }, facts()), right('All specified packages are already absent'));
});

test('pkg.purged: also what is left of one removed goes', (t) => {
  t.like(purged.plan({ name: 'x', pkgs: ['nano', 'bash'] }, facts()), {
    changes: { installed: { bash: { old: '5.2.15-2', new: '' } }, removed: { nano: { old: '7.2-1', new: '' } } },
    done: 'All targeted packages were purged.',
    steps: [{ do: 'packages', install: [], remove: ['bash', 'nano'], purge: true }],
  });
  t.deepEqual(
    purged.plan({ name: 'nosuch' }, facts()),
    right('None of the targeted packages are installed or partially installed'),
  );
});

test('pkg: what was done is reported with all that came along, and a failure with the words of apt', (t) => {
  const plan = installed.plan({ name: 'hello' }, facts());
  const changed = { hello: { old: '', new: '2.10-3' }, libhello: { old: '', new: '1' } };
  t.deepEqual(installed.report?.(plan, [{ did: 'packages', changed }], { name: 'hello' }), {
    result: true,
    changes: changed,
    comment: 'The following packages were installed/updated: hello',
  });
  t.deepEqual(installed.report?.(plan, [{ did: 'packages', changed: {}, failed: 'E: no' }], { name: 'hello' }), {
    result: false,
    changes: {},
    comment: 'E: no',
  });
  const purge = purged.plan({ name: 'nano' }, facts());
  t.deepEqual(purged.report?.(purge, [{ did: 'packages', changed: {} }], { name: 'nano' })?.changes, {
    installed: {},
    removed: { nano: { old: '7.2-1', new: '' } },
  });
});

test('pkg: arguments that can be wrong, are complained about before anything runs', (t) => {
  for (const name of ['-y', 'a b', '../x', 'foo=1', '~n'])
    t.regex(installed.check?.({ name }) ?? '', /is not a package name/, name);
  t.is(installed.check?.({ name: 'any ID at all', pkgs: ['g++', 'libc6:i386', { vim: null }] }), undefined);
  t.regex(installed.check?.({ name: 'x', version: '>>1' }) ?? '', /is not a version of x/);
  t.regex(installed.check?.({ name: 'x', pkgs: ['a'], version: '1' }) ?? '', /single package/);
  t.false(v.safeParse(installed.args, { name: 'x', versoin: '1' }).success);
  t.true(v.safeParse(installed.args, { name: 'x', pkgs: ['a', { b: 1.2 }, { c: null }] }).success);
});

test('pkg: versions, are compared as Salt does', (t) => {
  const cases: readonly [string, string, boolean][] = [
    ['1.2-3', '1.2-3', true],
    ['1.2-3', '1.2*', true],
    ['1:1.2-3', '1.2-3', true],
    ['1:1.2-3', '>=1.2', true],
    ['1.2-3', '>=1:1.0', false],
    ['1.2-3', '>=1.2,<2', true],
    ['2.0', '>=1.2, <2', false],
    ['1.2-3', '!=1.2-3', false],
    ['1.2~rc1', '<1.2', true],
    ['1.25', '1.2?', true],
    ['1.2x3', '1.2.3', false],
  ];
  for (const [version, wanted, expected] of cases) t.is(fulfils(version, wanted), expected, `${version} ${wanted}`);
});

test('pkg: reading, asks for offers only when something is missing', async (t) => {
  const asked: [readonly string[], OfferOptions | undefined][] = [];
  const { present, offers } = facts();
  const machine = {
    packages: {
      ready: async () => {},
      updated: false,
      installed: (name: string) => present[name],
      offers: async (names: readonly string[], options?: OfferOptions) => {
        asked.push([names, options]);
        return new Map(Object.entries(offers));
      },
    },
  } as unknown as Reading;
  await installed.read({ name: 'bash' }, machine);
  await removed.read({ name: 'bash' }, machine);
  t.deepEqual(asked, []);
  await installed.read({ name: 'x', pkgs: ['bash', 'hello', 'sl'], refresh: false }, machine);
  await installed.read({ name: 'hello', version: '>=3' }, machine);
  t.deepEqual(asked, [
    [['hello', 'sl'], { release: undefined, refresh: 'never' }],
    [['hello'], { release: undefined, refresh: 'when missing' }],
    [['hello'], { release: undefined, refresh: 'always' }],
  ]);
});

test('pkg.installed: held, it is held after the change; a held one changes only if that is said', (t) => {
  const plan = installed.plan({ name: 'hello', hold: true }, facts());
  t.deepEqual(plan.changes, { hello: { old: 'install', new: '2.10-3\nhold' } });
  t.like(plan.steps[0], { hold: ['hello'], install: [{ name: 'hello' }] });
  const present = { ...facts().present, bash: { version: '5.2.15-2', state: 'installed', held: true } as const };
  const newer = { name: 'bash', version: '5.2.15-4' };
  t.regex(installed.plan(newer, facts({ present })).comment, /held and would have to change: bash/);
  t.like(installed.plan({ ...newer, update_holds: true }, facts({ present })).steps[0], {
    hold: ['bash'],
    unhold: ['bash'],
  });
  t.deepEqual(
    installed.plan({ name: 'bash', hold: true }, facts({ present })),
    right('All specified packages are already installed'),
  );
  const release = installed.plan({ name: 'bash', hold: false }, facts({ present }));
  t.deepEqual(
    [release.changes, release.done],
    [
      { bash: { old: 'hold', new: 'install' } },
      'The following packages were already installed: bash\nPackage bash is no longer being held.',
    ],
  );
});

test('pkg.installed: altered files, newer versions and what is only to be upgraded', (t) => {
  const altered = { bash: { '/bin/bash': 'checksum' } };
  const again = installed.plan({ name: 'bash', pkg_verify: true }, { ...facts(), altered });
  t.deepEqual(again.changes, { bash: { old: '5.2.15-2', new: '5.2.15-2' } });
  t.regex(
    again.comment,
    /would be reinstalled because the following files have been altered:\n {4}\/bin\/bash: checksum/,
  );
  t.like(again.steps[0], { install: [{ name: 'bash', version: '5.2.15-2' }], reinstall: true });
  t.deepEqual(installed.report?.(again, [{ did: 'packages', changed: {} }], { name: 'bash' })?.changes, again.changes);
  t.deepEqual(installed.plan({ name: 'bash', version: '5.0', allow_updates: true }, facts()).steps, []);
  t.deepEqual(installed.plan({ name: 'hello', only_upgrade: true }, facts()).steps, []);
  t.deepEqual(latest.plan({ name: 'hello', only_upgrade: true }, facts()).steps, []);
});

test('pkg.held and pkg.unheld: only what is not so yet, and with `replace` or `all` the others', (t) => {
  const base = {
    ...facts({
      present: { bash: { version: '1', state: 'installed' }, vim: { version: '2', state: 'installed', held: true } },
    }),
    held: ['vim', 'x'],
  };
  const plan = held.plan({ name: 'x', pkgs: ['bash', 'vim'], replace: true }, base);
  t.deepEqual(plan.changes, { bash: { old: 'install', new: 'hold' }, x: { old: 'hold', new: 'install' } });
  t.deepEqual(plan.steps, [{ do: 'packages', install: [], remove: [], hold: ['bash'], unhold: ['x'] }]);
  t.deepEqual(held.plan({ name: 'vim' }, base), right('No changes made'));
  t.regex(held.plan({ name: 'nosuch' }, base).comment, /not installed/);
  t.deepEqual(unheld.plan({ name: 'x', all: true }, base).steps, [
    { do: 'packages', install: [], remove: [], hold: [], unhold: ['vim', 'x'] },
  ]);
  t.deepEqual(unheld.plan({ name: 'bash' }, base), right('No changes made'));
});

test('pkg.uptodate: what an upgrade would change, or nothing', (t) => {
  const upgrades = { bash: { old: '1', new: '2' } };
  t.like(uptodate.plan({ name: 'x' }, { upgrades }), { changes: upgrades, comment: 'System update will be performed' });
  t.deepEqual(uptodate.plan({ name: 'x' }, { upgrades: {} }), right('System is already up-to-date'));
});

test('pkg: versions of rpm, are compared by its own rules', (t) => {
  const rising = ['1.0~rc1-1', '1.0-1', '1.0^git1-1', '1.0.a-1', '1.0.1-1', '1.0.10-1', '1.1-1', '2:0.1-1'];
  for (const [at, version] of rising.entries()) {
    t.is(compareRpmVersions(version, version), 0);
    for (const later of rising.slice(at + 1)) t.is(compareRpmVersions(version, later), -1, `${version} ${later}`);
  }
  t.is(compareRpmVersions('1.0', '1.0-7'), 0);
  t.true(fulfils('1.0-7.el9', '>=1.0', { manager: 'dnf' }));
  t.true(fulfils('3:1.0-7', '=1:1.0-7', { ignoreEpoch: true }));
});

test('pkg.latest: a name that the lists do not have yet, may come with the update that test mode spares', (t) => {
  const plan = latest.plan({ name: 'nobody-yet' }, facts({ updated: false }));
  t.like(plan, {
    changes: { 'nobody-yet': { old: '', new: 'whatever the updated lists offer' } },
    unknownUntilRun: true,
  });
  t.true(latest.plan({ name: 'nobody-yet' }, facts()).impossible);
});
