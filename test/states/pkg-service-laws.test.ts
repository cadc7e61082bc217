import test from 'ava';
import fc from 'fast-check';
import type { PackageFacts, PackageOffer, PackageView, Reading, ServiceFacts } from '../../lib/contracts/machine.ts';
import type { Plan, StateFunction, StateSchema } from '../../lib/contracts/state.ts';
import { foreseenPackages } from '../../minion/machine/foreseen/packages.ts';
import { foreseenServices } from '../../minion/machine/foreseen/services.ts';
import { builtinStates } from '../../states/registry.ts';

/** Offers by name, the newest version first. */
const offered: Readonly<Record<string, readonly string[]>> = {
  a: ['3', '2', '1'],
  b: ['1:1.0-2', '1:1.0-1'],
  c: ['0.9~rc1'],
};
const name = fc.constantFrom('a', 'b', 'c', 'nobody-has-this');
const present = fc.dictionary(
  name,
  fc.record<PackageFacts>({
    version: fc.constantFrom('1', '2', '1:1.0-1', '0.9~rc1'),
    state: fc.constantFrom('installed', 'partial', 'config-files'),
  }),
);
const wish = fc.oneof(
  name,
  fc.tuple(name, fc.constantFrom(null, 'latest', '1*', '>=1', '<3', '1.0-2', '>=1:1.0, <2:0')).map(([of, version]) => ({
    [of]: version,
  })),
);
const pkgArgs = fc.record({ name: fc.constant('x'), pkgs: fc.array(wish, { maxLength: 4 }) });

function packagesOf(facts: Readonly<Record<string, PackageFacts>>): PackageView {
  const offers = new Map<string, PackageOffer>();
  for (const [of, versions] of Object.entries(offered)) offers.set(of, { candidate: versions[0] ?? '', versions });
  return {
    manager: 'apt',
    ready: async () => {},
    unavailable: undefined,
    unchangeable: undefined,
    updated: true,
    installed: (of) => facts[of],
    all: () => new Map(Object.entries(facts)),
    offers: async (names) => new Map([...offers].filter(([of]) => names.includes(of))),
    upgrades: async () =>
      new Map(
        Object.entries(facts).flatMap(([of, { version: old }]) => {
          const [newest] = offered[of] ?? [];
          return newest === undefined || newest === old ? [] : [[of, { old, new: newest }] as const];
        }),
      ),
    altered: async () => new Map(),
    describe: async () => undefined,
    downloaded: () => new Map(),
    group: async () => undefined,
  };
}

async function planOf(fun: string, args: { readonly name: string }, machine: object): Promise<Plan> {
  const state = (await builtinStates.load(fun)) as StateFunction<StateSchema>;
  return state.plan(args, await state.read(args, machine as Reading));
}

for (const fun of builtinStates.names.filter((one) => one.startsWith('pkg.')))
  test(`${fun}: any packages and wishes, once done there is nothing left to do`, async (t) => {
    await fc.assert(
      fc.asyncProperty(present, pkgArgs, async (facts, args) => {
        const packages = foreseenPackages(packagesOf(facts));
        const plan = await planOf(fun, args, { packages });
        for (const step of plan.steps) if (step.do === 'packages') packages.lay(step);
        const again = await planOf(fun, args, { packages });
        t.deepEqual([again.changes, again.steps], [{}, []]);
        t.is(again.impossible, plan.impossible);
        t.is(Object.keys(plan.changes).length > 0, plan.steps.length > 0);
      }),
    );
  });

const unit = fc.record<ServiceFacts>({
  exists: fc.constant(true),
  running: fc.boolean(),
  enabled: fc.boolean(),
  masked: fc.boolean(),
  static: fc.boolean(),
});
const possible = unit.filter((facts) => !(facts.enabled && (facts.static || facts.masked)));
const serviceArgs: Readonly<Record<string, fc.Arbitrary<{ name: string }>>> = {
  'service.running': fc.record(
    { name: fc.constant('web'), enable: fc.boolean(), unmask: fc.boolean() },
    { requiredKeys: ['name'] },
  ),
  'service.dead': fc.record({ name: fc.constant('web'), enable: fc.boolean() }, { requiredKeys: ['name'] }),
};

for (const fun of builtinStates.names.filter((one) => one.startsWith('service.')))
  test(`${fun}: a unit in any condition, once done there is nothing left to do`, async (t) => {
    const args = serviceArgs[fun] ?? fc.constant({ name: 'web' });
    await fc.assert(
      fc.asyncProperty(possible, args, async (facts, given) => {
        const base = { unavailable: undefined, notRunning: undefined, look: async () => facts, names: async () => [] };
        const services = foreseenServices(base);
        const plan = await planOf(fun, given, { services });
        for (const step of plan.steps) if (step.do === 'service') services.lay(step);
        const again = await planOf(fun, given, { services });
        t.deepEqual([again.changes, again.steps], [{}, []]);
        t.is(again.impossible, plan.impossible);
      }),
    );
  });
