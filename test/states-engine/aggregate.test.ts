import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { systemClock } from '../../lib/clock.ts';
import type { PackageStep, PackageView } from '../../lib/contracts/machine.ts';
import type { StateResult, StateReturn } from '../../lib/contracts/state.ts';
import { foresee } from '../../minion/machine/foreseen/foreseen.ts';
import { createMachine, localParts, type Performing } from '../../minion/machine/machine.ts';
import { applyStates } from '../../states/engine/apply.ts';
import { builtinStates } from '../../states/registry.ts';
import { onlyEnvironment } from '../../states/engine/environments.ts';
import { treeOf } from './kit.ts';

/** What a package manager that has every package was told to do. */
function manager(present: readonly string[] = []): {
  readonly transactions: (readonly string[])[];
  readonly packages: Performing<PackageView, PackageStep>;
} {
  const there = new Set(present);
  const transactions: (readonly string[])[] = [];
  const facts = { version: '1', state: 'installed' } as const;
  const packages: Partial<Performing<PackageView, PackageStep>> = {
    manager: 'apt',
    unavailable: undefined,
    unchangeable: undefined,
    updated: true,
    installed: (name) => (there.has(name) ? facts : undefined),
    all: () => new Map([...there].map((name) => [name, facts])),
    ready: async () => {},
    async offers(names) {
      return new Map(
        names.filter((name) => name !== 'nowhere').map((name) => [name, { candidate: '1', versions: ['1'] }]),
      );
    },
    perform({ install, remove }) {
      transactions.push([...install.map(({ name }) => name), ...remove.map((name) => `-${name}`)]);
      for (const { name } of install) there.add(name);
      for (const name of remove) there.delete(name);
      const changed = (names: readonly string[], change: { old: string; new: string }) =>
        names.map((name) => [name, change]);
      const installed = changed(
        install.map(({ name }) => name),
        { old: '', new: '1' },
      );
      return {
        did: 'packages',
        changed: Object.fromEntries([...installed, ...changed(remove, { old: '1', new: '' })]) as Record<
          string,
          { old: string; new: string }
        >,
      };
    },
    forget() {},
  };
  return { transactions, packages: packages as Performing<PackageView, PackageStep> };
}

async function apply(
  t: ExecutionContext,
  text: string,
  options: {
    readonly present?: readonly string[];
    readonly test?: boolean;
    readonly aggregate?: boolean | readonly string[];
  } = {},
): Promise<{ results: Record<string, StateResult>; transactions: (readonly string[])[]; answer: StateReturn }> {
  const root = mkdtempSync(path.join(os.tmpdir(), 'tsalt-aggregate-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const { packages, transactions } = manager(options.present);
  const answer = await applyStates({
    request: { sls: ['a'], test: options.test ?? false },
    environments: onlyEnvironment(treeOf({ 'a.sls': text })),
    machine: createMachine({
      ...localParts(root),
      processes: {
        run: async () => ({ pid: 1, code: 0, stdout: '', stderr: '', timedOut: false, truncated: false }),
        killAll() {},
      },
      packages,
      id: 'web1',
      grains: {},
      pillar: {},
      opts: {},
      sources: { read: () => Buffer.alloc(0), list: () => [] },
      render: (template) => template,
      saltenv: 'base',
      inEnvironment: (saltenv) => t.fail(saltenv) as never,
    }),
    foresee,
    context: { id: 'web1', grains: {}, pillar: {}, opts: {}, saltenv: 'base' },
    registry: builtinStates,
    clock: systemClock,
    aggregate: options.aggregate,
  });
  const results = Array.isArray(answer)
    ? {}
    : Object.fromEntries(Object.values(answer as Record<string, StateResult>).map((one) => [one.__id__, one]));
  return { results, transactions, answer };
}

const three = `
first:
  pkg.installed: [{pkgs: [a, b: '1']}, {aggregate: true}]
/t:
  file.directory
second:
  pkg.installed: [{name: c}, {aggregate: true}, {require: [{file: /t}]}]
third:
  pkg.installed: [{name: d}, {aggregate: true}]
fourth:
  pkg.installed: [{name: e}]
`;

test('aggregate: one transaction for what nothing keeps back, another for what has to wait', async (t) => {
  const { results, transactions } = await apply(t, three);
  t.deepEqual(transactions, [['a', 'b', 'd'], ['c'], ['e']]);
  t.deepEqual(Object.keys(results['first']?.changes ?? {}), ['a', 'b', 'd']);
  t.like(results['third'], { result: true, changes: {}, comment: 'All specified packages are already installed' });
});

test('aggregate: a test run tells the same', async (t) => {
  const { results, transactions } = await apply(t, three, { test: true });
  t.deepEqual(transactions, []);
  t.deepEqual(Object.keys(results['first']?.changes ?? {}), ['a', 'b', 'd']);
  t.like(results['second'], { result: null });
  t.like(results['third'], { result: true, changes: {} });
});

test('aggregate: by the configuration, for all or for some modules, unless a state says otherwise', async (t) => {
  const tree = `
first: {pkg.installed: [{name: a}]}
second: {pkg.installed: [{name: b}]}
third: {pkg.installed: [{name: c}, {aggregate: false}]}
`;
  t.deepEqual((await apply(t, tree)).transactions, [['a'], ['b'], ['c']]);
  t.deepEqual((await apply(t, tree, { aggregate: true })).transactions, [['a', 'b'], ['c']]);
  t.deepEqual((await apply(t, tree, { aggregate: ['pkg'] })).transactions, [['a', 'b'], ['c']]);
  t.deepEqual((await apply(t, tree, { aggregate: ['file'] })).transactions, [['a'], ['b'], ['c']]);
});

test('aggregate: what is wanted in another way, or has conditions, or can not be had, stays for itself', async (t) => {
  const tree = `
first: {pkg.installed: [{name: a}]}
other_source: {pkg.installed: [{name: b}, {fromrepo: backports}]}
asked_first: {pkg.installed: [{name: c}, {unless: 'true'}]}
away: {pkg.removed: [{name: x}]}
also_away: {pkg.removed: [{name: y}]}
`;
  const { transactions } = await apply(t, tree, { aggregate: true, present: ['x', 'y'] });
  t.deepEqual(transactions, [['a'], ['b'], ['-x', '-y']]);
  const broken = `
first: {pkg.installed: [{name: a}]}
second: {pkg.installed: [{name: nowhere}]}
`;
  const { results, ...other } = await apply(t, broken, { aggregate: true });
  t.deepEqual(other.transactions, [['a']]);
  t.deepEqual([results['first']?.result, results['second']?.result], [true, false]);
});

test('aggregate: an error where it would mean nothing', async (t) => {
  const { answer } = await apply(t, '/t: {file.directory: [{aggregate: true}]}\n');
  t.true(Array.isArray(answer) && answer[0]?.includes("'aggregate' means nothing to file.directory"));
});
