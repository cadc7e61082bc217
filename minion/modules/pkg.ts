import * as v from 'valibot';
import { defineFunction, defineModule, type ExecContext } from '../../lib/contracts/execution.ts';
import type { PackageStep } from '../../lib/contracts/machine.ts';
import { packageErrors } from '../../lib/errors/packages.ts';
import { compareDebVersions } from '../../lib/packages/deb-version.ts';

const entry = v.union([v.string(), v.record(v.string(), v.union([v.string(), v.number(), v.null()]))]);
const targets = { name: v.optional(v.string()), pkgs: v.optional(v.array(entry)) };
const names = v.strictObject({
  names: v.array(v.string()),
  refresh: v.optional(v.boolean()),
  fromrepo: v.optional(v.string()),
});

interface Targets {
  readonly name?: string | undefined;
  readonly pkgs?: readonly v.InferOutput<typeof entry>[] | undefined;
}

/** `name` may be several, with commas between; `pkgs` may say versions. */
function wanted({ name, pkgs }: Targets, version?: string | number): { name: string; version?: string }[] {
  const one = version === undefined ? {} : { version: String(version) };
  if (pkgs === undefined)
    return (name ?? '').split(',').flatMap((part) => (part.trim() ? [{ name: part.trim(), ...one }] : []));
  return pkgs.flatMap((part) =>
    typeof part === 'string'
      ? [{ name: part }]
      : Object.entries(part).map(([key, value]) => ({
          name: key,
          ...(value === null ? {} : { version: String(value) }),
        })),
  );
}

/** Does one transaction; gives what changed, raises `TS_PACKAGES_FAILED` with apt's reason. */
async function change({ machine }: ExecContext, step: Omit<PackageStep, 'do'>) {
  const result = await machine.perform({ do: 'packages', ...step });
  if (result.did !== 'packages') return {};
  if (result.failed !== undefined) throw packageErrors.failed({ reason: result.failed });
  return result.changed;
}

/** As Salt has it: the answer itself for one name, a map for several. */
function oneOrMany<T>(asked: readonly string[], answer: (name: string) => T): T | Record<string, T> {
  const [only] = asked;
  if (asked.length === 1 && only !== undefined) return answer(only);
  return Object.fromEntries(asked.map((name) => [name, answer(name)]));
}

/** dpkg's database takes no time to read, and the answer is there at once; rpm's takes a process. */
function whenReady<T>({ machine }: ExecContext, answer: () => T): T | Promise<T> {
  return machine.packages.manager === 'apt' ? answer() : machine.packages.ready().then(answer);
}

function versionOf({ machine }: ExecContext, name: string): string {
  const facts = machine.packages.installed(name);
  return facts && facts.state !== 'config-files' ? facts.version : '';
}

/** The version that would come with an upgrade; empty for what is as new as can be, or on offer nowhere. */
async function newer(context: ExecContext, asked: readonly string[], refresh: boolean, release: string | undefined) {
  await context.machine.packages.ready();
  const offers = await context.machine.packages.offers(asked, { refresh: refresh ? 'always' : 'never', release });
  return (name: string): string => {
    const candidate = offers.get(name)?.candidate ?? '';
    const present = versionOf(context, name);
    return present === '' || (candidate !== '' && compareDebVersions(candidate, present) > 0) ? candidate : '';
  };
}

const latestVersion = defineFunction({
  summary: 'The version that would be installed; empty where the newest is there already.',
  args: names,
  rest: 'names',
  run: async ({ names: asked, refresh = true, fromrepo }, context) =>
    oneOrMany(asked, await newer(context, asked, refresh, fromrepo)),
});

export default defineModule({
  version: defineFunction({
    summary: 'The installed version; empty for what is not installed. A map for several names.',
    args: v.strictObject({ names: v.array(v.string()) }),
    rest: 'names',
    sync: true,
    run: ({ names: asked }, context) => whenReady(context, () => oneOrMany(asked, (name) => versionOf(context, name))),
  }),

  latest_version: latestVersion,
  available_version: latestVersion,

  upgrade_available: defineFunction({
    summary: 'Whether the sources have a newer version of a package than the one installed.',
    args: v.strictObject({ name: v.string() }),
    run: async ({ name }, context) => (await newer(context, [name], false, undefined))(name) !== '',
  }),

  list_pkgs: defineFunction({
    summary: 'Installed packages and their versions; with `removed`, those of which only configuration files are left.',
    args: v.strictObject({ versions_as_list: v.optional(v.boolean()), removed: v.optional(v.boolean()) }),
    sync: true,
    run: ({ versions_as_list: lists, removed }, context) =>
      whenReady(context, () => {
        const listed = [...context.machine.packages.all()].filter(
          ([, { state }]) => (state === 'config-files') === (removed === true),
        );
        return Object.fromEntries(listed.map(([name, { version }]) => [name, lists === true ? [version] : version]));
      }),
  }),

  list_upgrades: defineFunction({
    summary: 'Packages of which the sources have a newer version, and that version.',
    args: v.strictObject({ refresh: v.optional(v.boolean()) }),
    async run({ refresh = true }, context) {
      await context.machine.packages.ready();
      const installed = [...context.machine.packages.all()].flatMap(([name, { state }]) =>
        state === 'installed' ? name : [],
      );
      const versions = await newer(context, installed, refresh, undefined);
      return Object.fromEntries(
        installed.map((name) => [name, versions(name)]).filter(([, version]) => version !== ''),
      );
    },
  }),

  refresh_db: defineFunction({
    summary: 'Updates the lists of what the sources offer.',
    args: v.strictObject({}),
    async run(_, context) {
      await change(context, { install: [], remove: [], refresh: true });
      return true;
    },
  }),

  install: defineFunction({
    summary: 'Installs packages in one transaction; gives `{name: {old, new}}` of all that changed.',
    args: v.strictObject({
      ...targets,
      version: v.optional(v.union([v.string(), v.number()])),
      refresh: v.optional(v.boolean()),
      fromrepo: v.optional(v.string()),
      install_recommends: v.optional(v.boolean()),
    }),
    run: ({ version, refresh = false, fromrepo, install_recommends: recommends, ...which }, context) =>
      change(context, { install: wanted(which, version), remove: [], refresh, release: fromrepo, recommends }),
  }),

  remove: defineFunction({
    summary: 'Removes packages; their configuration files stay.',
    args: v.strictObject(targets),
    run: (which, context) => change(context, { install: [], remove: wanted(which).map(({ name }) => name) }),
  }),

  purge: defineFunction({
    summary: 'Removes packages and their configuration files.',
    args: v.strictObject(targets),
    run: (which, context) =>
      change(context, { install: [], remove: wanted(which).map(({ name }) => name), purge: true }),
  }),
});
