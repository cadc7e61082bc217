import * as v from 'valibot';
import type { Command, CommandResult, FileStep, Reading } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { lookThrough } from '../../lib/links.ts';
import { textOf } from '../../lib/text.ts';
import * as arg from './args.ts';
import { render } from './content.ts';
import { contentDiff } from '../../lib/diff.ts';
import { optionsComplaint, patchOptions } from './patch-options.ts';
import { neededSources, readSource, sourceArg, sourceArgs, sourceComplaint } from '../../lib/sources/managed-source.ts';

const args = v.strictObject({
  name: arg.path,
  source: sourceArg,
  ...sourceArgs,
  template: arg.template,
  context: v.optional(arg.map),
  defaults: v.optional(arg.map),
  options: v.optional(v.string(), ''),
  strip: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

type Args = v.InferOutput<typeof args>;

type Facts =
  | { readonly problem: string }
  | { readonly applied: true }
  /** What applies it, and what is then in the file, or what it says of a directory. */
  | {
      readonly command: Command;
      readonly path: string;
      readonly old?: Buffer;
      readonly patched?: Buffer;
      readonly said: string;
    };

export default defineState<typeof args, Facts>({
  summary: 'A patch is applied to a file, or to the files of a directory.',
  example: `
/opt/app/app.conf:
  file.patch:
    - source: salt://app.conf.patch
`,
  args,
  reads: ['files'],
  check: (given) => optionsComplaint(given.options) ?? sourceComplaint(given),
  needs: neededSources,

  async read(given, machine) {
    const found = lookThrough(machine.files, given.name);
    if (!found?.there) return { problem: `${given.name} does not exist` };
    const { path, there } = found;
    if (there.kind === 'other') return { problem: `${given.name} is neither a file nor a directory` };
    const source = await readSource(given, machine);
    if (typeof source === 'string') return { problem: source };
    const patch = given.template === undefined ? source.content : rendered(given, machine, source.content, source.url);
    const options = patchOptions(given, there.kind === 'directory' ? path : undefined);
    try {
      return await (there.kind === 'directory' ? tryTree : tryFile)(machine, path, options, patch);
    } catch (error) {
      if (!(error instanceof TsaltError) || error.code !== 'TS_MACHINE_CANNOT_START') throw error;
      return { problem: "patch executable not found on minion (Debian's package patch)" };
    }
  },

  plan(_, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    if ('applied' in facts) return alreadyRight('Patch was already applied');
    const { command, path, old, patched, said } = facts;
    const foretells: FileStep[] = patched ? [{ do: 'write', path, content: patched }] : [];
    return {
      changes: old && patched ? { diff: contentDiff(old, patched) } : { stdout: said },
      comment: 'The patch would be applied',
      done: 'Patch successfully applied',
      steps: [{ do: 'run', command, must: true, foretells }],
      ...(patched ? {} : { obscures: ['files'] as const }),
    };
  },
});

function rendered(given: Args, machine: Reading, content: Buffer, url: string): Buffer {
  return Buffer.from(render(given, machine, textOf(content, url), url));
}

/** Asks no questions, leaves nothing behind, and never takes a patch for one to take back. */
const quiet = ['--batch', '--forward', '--no-backup-if-mismatch', '--reject-file=-'];
const back = ['--force', '--reverse', '--no-backup-if-mismatch', '--reject-file=-'];

/** On a copy, so that what states before it planned counts too. */
async function tryFile(
  { files, processes }: Reading,
  path: string,
  options: readonly string[],
  patch: Buffer,
): Promise<Facts> {
  const old = files.read(path);
  const onCopy = (how: readonly string[]): Promise<CommandResult> =>
    processes.run({ argv: ['patch', ...options, ...how, '--output=-', '--'], stdin: patch, script: old });
  const forward = await onCopy(quiet);
  if (forward.code !== 0) return (await onCopy(back)).code === 0 ? { applied: true } : refused(forward);
  const command = { argv: ['patch', ...options, ...quiet, '--', path], stdin: patch };
  // More than is kept, or no text: what comes of it is not known here.
  const isWhole = !forward.truncated && !forward.stdout.includes('\ufffd');
  const said = `patching file ${path}`;
  return isWhole ? { command, path, old, patched: Buffer.from(forward.stdout), said } : { command, path, said };
}

async function tryTree(
  { processes }: Reading,
  path: string,
  options: readonly string[],
  patch: Buffer,
): Promise<Facts> {
  const onlyTry = (how: readonly string[]): Promise<CommandResult> =>
    processes.run({ argv: ['patch', ...options, ...how, '--dry-run'], stdin: patch });
  const forward = await onlyTry(quiet);
  if (forward.code !== 0) return (await onlyTry(back)).code === 0 ? { applied: true } : refused(forward);
  const said = forward.stdout.trimEnd().replace(/^checking file /gm, 'patching file ');
  return { command: { argv: ['patch', ...options, ...quiet], stdin: patch }, path, said };
}

function refused({ stdout, stderr }: CommandResult): Facts {
  const said = [stderr, stdout].map((text) => text.trim()).filter((text) => text !== '');
  return { problem: ['Patch would not apply cleanly, no changes made.', ...said].join('\n') };
}
