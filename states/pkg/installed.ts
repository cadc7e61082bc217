import * as v from 'valibot';
import type { PackageStep } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Changes, type Plan } from '../../lib/contracts/state.ts';
import { sourceProblem } from '../../lib/sources/fetch-source.ts';
import { readPresent, refreshOption, validMs, versionOf, withOffers, type PackagesFacts } from './facts.ts';
import { cleanUp, listSources, placeFiles, readPackageFiles, sourceUrls, type PackageFile } from './files.ts';
import { holdChanges, holdComments, planHolds } from './holds.ts';
import { reportInstalled } from './report.ts';
import { verification, whatIsAltered } from './verify.ts';
import { choose, fulfils, type Leniency } from './versions.ts';
import {
  checkPackages,
  howToChange,
  packageArgs,
  printWanted,
  sourceArgs,
  together,
  version,
  wantedPackages,
  type Wanted,
} from './wanted.ts';

const args = v.strictObject({
  ...packageArgs,
  version,
  ...sourceArgs,
  sources: v.optional(listSources),
  hold: v.optional(v.boolean()),
  update_holds: v.optional(v.boolean()),
  allow_updates: v.optional(v.boolean()),
  reinstall: v.optional(v.boolean()),
  pkg_verify: v.optional(verification),
  ignore_epoch: v.optional(v.boolean()),
  // Names are read as dpkg and rpm do, with or without the native architecture; nothing is ever guessed.
  normalize: v.optional(v.boolean()),
  skip_suggestions: v.optional(v.boolean()),
});

type Args = v.InferOutput<typeof args>;

interface Facts extends PackagesFacts {
  readonly problem?: string | undefined;
  /** Those of `sources`, by name. */
  readonly files?: Readonly<Record<string, PackageFile>>;
  /** Files that differ from what was delivered, by package. */
  readonly altered?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export default defineState<typeof args, Facts>({
  summary: 'Packages are installed, in the versions that are named.',
  example: `
editors:
  pkg.installed:
    - pkgs:
      - nano
      - vim: '>=2:9.0'
`,
  args,
  reads: ['packages'],
  check(given) {
    if (given.sources && (given.pkgs ?? given.version) !== undefined)
      return "'sources' can't go with 'pkgs' or 'version': a package file is of one version";
    return (
      checkPackages({ ...given, pkgs: given.sources ? given.sources.map(([name]) => name) : given.pkgs }) ??
      (given.sources
        ? sourceProblem(sourceUrls(given.sources), { web: given.skip_verify ? true : 'https' })
        : undefined)
    );
  },
  needs: ({ sources }) => sourceUrls(sources ?? []).filter((url) => url.startsWith('salt://')),

  async read(given, machine): Promise<Facts> {
    const wanted = wantedOf(given);
    const facts = await readPresent(machine, names(wanted));
    if (given.sources) {
      const files = await readPackageFiles(given.sources, machine);
      return typeof files === 'string' ? { ...facts, problem: files } : { ...facts, files };
    }
    const altered = given.pkg_verify
      ? await whatIsAltered(given.pkg_verify, given.force_conf_new, wanted, machine)
      : {};
    const todo = names(wanted.filter((one) => one.version === 'latest' || !isThere(one, given, facts)));
    const options = { release: given.fromrepo, refresh: refreshOption(given.refresh), ...validMs(given) };
    const asked = await withOffers(facts, machine, todo, options);
    const lacking = wanted.some((one) => asked.offers[one.name] && targetOf(one, given, asked) === undefined);
    // The version that is wanted may be newer than the lists.
    if (!lacking || asked.updated) return { ...asked, altered };
    const again = await withOffers(facts, machine, todo, { release: given.fromrepo, refresh: 'always' });
    return { ...again, altered };
  },

  plan(given, facts): Plan {
    const wanted = wantedOf(given);
    if (wanted.length === 0) return alreadyRight('No packages to install provided');
    if (facts.unavailable !== undefined) return impossible(`Packages can't be managed here: ${facts.unavailable}`);
    if (facts.problem !== undefined) return impossible(facts.problem);
    const todo = wanted.filter((one) => !isThere(one, given, facts) && !isSpared(one, given, facts));
    const again = wanted.filter((one) => !todo.includes(one) && isReinstalled(one, given, facts));
    const holds = planHolds(given, names(wanted), names(todo), facts);
    if (typeof holds === 'string') return impossible(holds);
    if (todo.length + again.length + holds.hold.length + holds.unhold.length === 0)
      return alreadyRight(alreadyThere(wanted));
    if (facts.unchangeable !== undefined)
      return impossible(
        todo.length > 0
          ? `Can't install ${names(todo).join(', ')}: ${facts.unchangeable}`
          : `Can't change how ${names(wanted).join(', ')} are held or installed: ${facts.unchangeable}`,
      );

    const targets = todo.map((one) => ({ one, version: targetOf(one, given, facts) }));
    const lacking = targets.filter((target) => target.version === undefined).map((target) => target.one);
    if (lacking.length > 0 && facts.updated) return impossible(lacking.map((one) => notOnOffer(one, facts)).join('\n'));

    const files = Object.entries(facts.files ?? {}).filter(([name]) => names(todo).concat(names(again)).includes(name));
    const step: PackageStep = {
      do: 'packages',
      install: [
        ...targets.map(({ one, version: target }) => ({
          name: one.name,
          version: one.version === undefined ? undefined : target,
          ...fileOf(one, facts),
        })),
        ...again.map((one) => ({ name: one.name, version: versionOf(one.name, facts), ...fileOf(one, facts) })),
      ],
      remove: [],
      refresh: (given.refresh === true && given.cache_valid_time === undefined) || lacking.length > 0,
      release: given.fromrepo,
      recommends: given.install_recommends,
      ...howToChange(given),
      ...(again.length > 0 ? { reinstall: true } : {}),
      ...(holds.hold.length > 0 ? { hold: holds.hold } : {}),
      ...(holds.unhold.length > 0 ? { unhold: holds.unhold } : {}),
    };
    return {
      changes: holdChanges(holds, changesOf(targets, again, facts)),
      comment: [
        ...(todo.length > 0 ? [`The following packages would be installed/updated: ${names(todo).join(', ')}`] : []),
        ...reinstallComments(given, again, facts, 'planned'),
        ...holdComments(holds, 'planned'),
      ].join('\n'),
      done: [
        ...installedComment(
          todo,
          wanted.filter((one) => !again.includes(one)),
        ),
        ...reinstallComments(given, again, facts, 'done'),
        ...holdComments(holds, 'done'),
      ].join('\n'),
      steps: [...placeFiles(files), step, ...cleanUp(files)],
      ...(lacking.length > 0 ? { unknownUntilRun: true } : {}),
      ...(todo.length + again.length > 0 ? { obscures: ['files', 'services', 'accounts'] } : {}),
    };
  },

  aggregate: (given, other) => ((given.sources ?? other.sources) ? undefined : together(given, other)),
  report: reportInstalled,
});

const names = (wanted: readonly Wanted[]): string[] => wanted.map((one) => one.name);

function wantedOf(given: Args): Wanted[] {
  return given.sources ? given.sources.map(([name]) => ({ name, version: undefined })) : wantedPackages(given);
}

function leniency(given: Args, facts: Facts): Leniency {
  return { manager: facts.manager, orNewer: given.allow_updates, ignoreEpoch: given.ignore_epoch };
}

function isThere({ name, version: wanted }: Wanted, given: Args, facts: Facts): boolean {
  const present = facts.present[name];
  if (present?.state !== 'installed') return false;
  const file = facts.files?.[name];
  if (file) return present.version === file.version;
  return wanted === 'latest'
    ? present.version === (facts.offers[name]?.candidate ?? present.version)
    : fulfils(present.version, wanted, leniency(given, facts));
}

/** What is only to be upgraded may stay away. */
function isSpared({ name }: Wanted, given: Args, facts: Facts): boolean {
  return given.only_upgrade === true && versionOf(name, facts) === '';
}

function isReinstalled({ name }: Wanted, given: Args, facts: Facts): boolean {
  if (versionOf(name, facts) === '') return false;
  return given.reinstall === true || facts.altered?.[name] !== undefined;
}

function targetOf({ name, version: wanted }: Wanted, given: Args, facts: Facts): string | undefined {
  const file = facts.files?.[name];
  if (file) return file.version;
  const offer = facts.offers[name];
  return offer && choose(offer, wanted === 'latest' ? undefined : wanted, leniency(given, facts));
}

function fileOf({ name }: Wanted, { files }: Facts): { file?: string } {
  const file = files?.[name];
  return file ? { file: file.path } : {};
}

function changesOf(
  targets: readonly { readonly one: Wanted; readonly version: string | undefined }[],
  again: readonly Wanted[],
  facts: Facts,
): Changes {
  return Object.fromEntries([
    ...targets.map((target) => [
      target.one.name,
      { old: versionOf(target.one.name, facts), new: target.version ?? 'whatever the updated lists offer' },
    ]),
    ...again.map(({ name }) => [name, { old: versionOf(name, facts), new: versionOf(name, facts) }]),
  ]) as Changes;
}

function notOnOffer(one: Wanted, { offers }: PackagesFacts): string {
  const offer = offers[one.name];
  if (!offer) return `No package source has '${one.name}'`;
  return `No package source has ${printWanted(one)}; on offer: ${offer.versions.join(', ')}`;
}

function alreadyThere(wanted: readonly Wanted[]): string {
  const versions = wanted.some((one) => one.version !== undefined) ? ' and are at the desired version' : '';
  return `All specified packages are already installed${versions}`;
}

/** Salt's words: names while they are short, else how many. */
function installedComment(todo: readonly Wanted[], wanted: readonly Wanted[]): string[] {
  const summary = todo.map(printWanted).join(', ');
  const count = `${todo.length} targeted package${todo.length > 1 ? 's were' : ' was'} installed/updated.`;
  const lines: string[] = [];
  if (todo.length > 0)
    lines.push(summary.length < 20 ? `The following packages were installed/updated: ${summary}` : count);
  const others = wanted.filter((one) => !todo.includes(one));
  if (others.length > 20) lines.push(`${others.length} targeted packages were already installed`);
  else if (others.length > 0)
    lines.push(`The following packages were already installed: ${others.map(printWanted).join(', ')}`);
  return lines;
}

function reinstallComments(given: Args, again: readonly Wanted[], facts: Facts, when: 'planned' | 'done'): string[] {
  if (again.length === 0) return [];
  if (given.reinstall === true)
    return when === 'planned'
      ? [`The following packages would be reinstalled: ${again.map(printWanted).join(', ')}`]
      : again.map((one) => `Package ${printWanted(one)} was reinstalled.`);
  return again.map((one) => {
    const files = Object.entries(facts.altered?.[one.name] ?? {}).map(([path, how]) => `\n    ${path}: ${how}`);
    return when === 'planned'
      ? `Package '${printWanted(one)}' would be reinstalled because the following files have been altered:${files.join('')}`
      : `Package ${printWanted(one)} was reinstalled. The following files were remediated:${files.join('')}`;
  });
}
