import type { Reading } from '../../lib/contracts/machine.ts';
import type { JsonMap } from '../../lib/json.ts';
import { isWanted, type ManagedArgs } from './args.ts';
import { appendSource, defaultFile, editPlaces, readSourceFiles, type Edit, type SourceFiles } from './files.ts';
import { readKey, removeKey } from './key.ts';
import { isSamePlace, meaning, parseLine, printLine, type Placed, type Source } from './source.ts';
import { withoutSource } from './stanza.ts';
import { nothingToDo, problem, type Wish } from './wish.ts';

const notAnEntry = (name: string): string =>
  `Name ${name} is not valid. This must be the complete repo entry as seen in the sources file`;

/** What apt's files and keyrings lack of a source. */
export async function readAptManaged(args: ManagedArgs, machine: Reading): Promise<Wish> {
  const named = parseLine(args.name);
  if (!named) return problem(notAnEntry(args.name));
  const wanted = complete(named, args);
  const files = readSourceFiles(machine.files, args.file);
  const candidates = files.sources.filter((source) => isSamePlace(source, wanted));
  const old =
    candidates.find((source) => isRight(source, wanted, args)) ??
    candidates.find(({ comps }) => comps.length === 0 || comps.some((comp) => wanted.comps.includes(comp)));
  const key = await readKey(args, wanted, machine);
  if (typeof key === 'string') return problem(key);
  const keyChanges: JsonMap = key && key.steps.length > 0 ? { key: key.path } : {};
  const keySteps = key?.steps ?? [];
  if (old && isRight(old, wanted, args)) return { changes: keyChanges, steps: keySteps };
  const source = { ...wanted, comment: args.comments ? wanted.comment : (old?.comment ?? '') };
  if (!old) {
    const place = appendSource(files, args.file ?? defaultFile, source, args.clean_file);
    return { changes: { repo: args.name, ...keyChanges }, steps: [...keySteps, ...place] };
  }
  if (old.place.shared) return problem(isShared(old));
  const file = args.file ?? old.place.file;
  const place =
    file !== old.place.file
      ? [...editPlaces(files, [{ of: old }]), ...appendSource(files, file, source, args.clean_file)]
      : args.clean_file
        ? appendSource(files, file, source, true)
        : editPlaces(files, [{ of: old, source }]);
  return { changes: { ...differences(old, source, file), ...keyChanges }, steps: [...keySteps, ...place] };
}

/** What the arguments say beside the entry. */
function complete(named: Source, args: ManagedArgs): Source {
  const { arch, 'signed-by': signedBy, ...others } = named.options;
  const architectures = args.architectures ?? arch;
  const keyring = args.signedby === undefined ? signedBy : [args.signedby];
  return {
    ...named,
    suite: args.dist ?? named.suite,
    comps: [...new Set([...named.comps, ...(args.comps ?? [])])],
    options: {
      ...(architectures ? { arch: architectures } : {}),
      ...(keyring ? { 'signed-by': keyring } : {}),
      ...others,
    },
    enabled: isWanted(args),
    comment: args.comments?.join(' ') ?? '',
  };
}

function isRight(there: Source, wanted: Source, args: ManagedArgs): boolean {
  // Switched off is switched off, whatever else it says.
  if (!wanted.enabled && !there.enabled) return true;
  return meaning(there) === meaning(wanted) && (args.comments === undefined || there.comment === wanted.comment);
}

function isShared({ place, uri }: Placed): string {
  return (
    `${place.file} names ${uri} in a stanza of several sources (line ${place.from + 1}), with other settings: ` +
    'change it there, or give it a stanza of its own'
  );
}

/** `{old, new}` of each setting that becomes another one. */
function differences(old: Placed, source: Source, file: string): JsonMap {
  const told = (one: Source, where: string): JsonMap => ({
    architectures: [...(one.options['arch'] ?? [])],
    comps: [...one.comps],
    disabled: !one.enabled,
    file: where,
    line: printLine(one),
    signedby: one.options['signed-by']?.join(' ') ?? '',
  });
  const before = told(old, old.place.file);
  return Object.fromEntries(
    Object.entries(told(source, file))
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]))
      .map(([name, value]) => [name, { new: value, old: before[name] ?? null }]),
  );
}

/** What of a source is left in apt's files. */
export function readAptAbsent(name: string, keyid: string | undefined, machine: Reading): Wish {
  const named = parseLine(name);
  if (!named) return problem(notAnEntry(name));
  const files = readSourceFiles(machine.files, undefined);
  const architectures = (source: Source): string => (source.options['arch'] ?? []).toSorted().join(',');
  const there = files.sources.filter(
    (source) =>
      source.enabled &&
      isSamePlace(source, named) &&
      architectures(source) === architectures(named) &&
      (source.comps.length === 0 || source.comps.some((comp) => named.comps.includes(comp))),
  );
  if (there.length === 0) return nothingToDo;
  const edits = there.map((source) => withoutIt(files, source, named));
  if (edits.includes(undefined)) return problem(isEntangled(there));
  const keySteps = keyid === undefined ? [] : removeKey(keyid, there, machine);
  return {
    changes: { repo: name, ...(keySteps.length > 0 ? { keyid: keyid ?? '' } : {}) },
    steps: [
      ...editPlaces(
        files,
        edits.filter((edit) => edit !== undefined),
      ),
      ...keySteps,
    ],
  };
}

/** What becomes of a source's place; undefined where it can't be told apart from others of its stanza. */
function withoutIt({ lines }: SourceFiles, of: Placed, named: Source): Edit | undefined {
  const comps = of.comps.filter((comp) => !named.comps.includes(comp));
  const { shared, file, from, to } = of.place;
  if (!shared) return comps.length === 0 ? { of } : { of, source: { ...of, comps } };
  const rest = comps.length === 0 ? withoutSource((lines[file] ?? []).slice(from, to), shared, of) : undefined;
  return rest && { of, lines: rest };
}

function isEntangled(there: readonly Placed[]): string {
  const files = [...new Set(there.map(({ place }) => place.file))].join(', ');
  return `it is part of a stanza that names several sources at once (${files}): leaving it out would take others away`;
}
