import { systemClock } from '../lib/clock.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean, TsaltError } from '../lib/errors/error.ts';
import { asText, isJsonMap, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { wordToYaml } from '../lib/yaml/load.ts';
import { absentExecOptions } from './absent-options.ts';
import { batchOptions, batchPlanner } from './batch-options.ts';
import { connectMaster, controlOptions, interrupted, masterConfig } from './control.ts';
import type { ExecProgress } from './exec-progress.ts';
import { callsOf, execOf, type Call } from './functions.ts';
import type { Io } from './io.ts';
import { answered, describe, exitCode, failedOn, succeeded, type Part } from './job-part.ts';
import { describeOptions, parseOptions, type Option } from './options.ts';
import { format, formOf, outOption, type Form } from './output/output.ts';
import { viewFlags, viewOptions, type StateView } from './output/view.ts';
import { preview, targetsOf } from './preview.ts';
import { publish, type Publication } from './publish.ts';
import { summary } from './summary.ts';
import { underway } from './underway.ts';
import { verbs } from './verbs.ts';

const targets = {
  pcre: { short: 'E', help: 'the target is a regular expression on ids' },
  list: { short: 'L', help: 'the target is a list of ids, with commas' },
  grain: { short: 'G', help: 'the target is grain:glob' },
  'grain-pcre': { short: 'P', help: 'the target is grain:regular expression' },
  pillar: { short: 'I', help: 'the target is pillar key:glob' },
  'pillar-pcre': { short: 'J', help: 'the target is pillar key:regular expression' },
  ipcidr: { short: 'S', help: 'the target is an IP address, or a network such as 10.0.0.0/8' },
  compound: { short: 'C', help: "the target is a compound expression: 'G@os:Debian and not web*'" },
  nodegroup: { short: 'N', help: 'the target is a group that the config of the master names' },
} as const satisfies Record<string, Option>;

const options = {
  ...controlOptions,
  ...targets,
  subset: { value: 'N', help: 'on so many of these minions, taken at random; those that are connected first' },
  preview: { also: 'preview-target', help: 'only say whom the target means; without a function' },
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'how long a minion has to take the job (default: `timeout` of the config)',
  },
  ...batchOptions,
  metadata: { value: 'MAP', help: "a map in YAML to note beside the job, for jobs.list_jobs: '{ticket: 17}'" },
  async: { help: 'print the jid and do not wait' },
  'show-jid': { help: 'say the jid on stderr' },
  verbose: { short: 'v', help: 'the same, and --summary names the minions' },
  summary: { help: 'say on stderr how many minions were meant, returned and failed' },
  static: { help: 'print nothing before all is over' },
  delimiter: { value: 'TEXT', help: 'what parts the names of a path into grains or pillar in the target (default: :)' },
  'args-separator': { value: 'TEXT', help: 'what parts the arguments of several functions (default: ,)' },
  out: outOption,
  ...viewOptions,
  progress: {
    help: 'print on stderr, line by line, where state runs are, every 2 seconds at most (without it, a terminal shows it in one line)',
  },
} as const;

const help = `usage: tsalt [exec] TARGET FUNCTION [ARG ...] [KEY=VALUE ...]
       tsalt [exec] TARGET FUNCTION,FUNCTION[,...] [ARG ... , ARG ...]
       tsalt [exec] TARGET --preview

Runs a function on minions and shows what each answers. TARGET is a glob on ids unless an option says otherwise.

`;

export default async function exec(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('exec', options, argv, { absent: absentExecOptions });
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const kinds = (Object.keys(targets) as (keyof typeof targets)[]).filter((name) => given[name]);
  exclude(kinds);
  const [kind = 'glob'] = kinds;
  const form = formOf(given.out);
  const planner = batchPlanner(given);
  exclude(planner && given.async ? [given['batch-size'] ? 'batch-size' : 'batch-safe-limit', 'async'] : []);
  exclude(given.preview && given.subset !== undefined ? ['preview', 'subset'] : []);
  const { tgt, calls } = wordsOf(words, given);
  if (calls.length > 1 && given.async) throw cliErrors.exclusive({ options: 'several functions and --async' });
  const params: JsonMap = { tgt, tgt_type: kind.replace('-', '_'), wait: !given.async };
  if (given.delimiter !== undefined) params.delimiter = textOf('--delimiter', given.delimiter);
  if (given.timeout !== undefined) params.timeout = above0('--timeout', 'a number of seconds', given.timeout);
  if (given.metadata !== undefined) params.metadata = mapOf('--metadata', given.metadata);
  const subset =
    given.subset === undefined ? undefined : Math.ceil(above0('--subset', 'a number of minions', given.subset));

  const master = masterConfig(given, io, viewFlags(given));
  const control = await connectMaster(given, io, master);
  const jobs = underway();
  const parts = new Map<string, Part>();
  const areStates = calls.some(({ fun }) => fun.startsWith('state.'));
  const progress = areStates && !given.async ? await progressOf(io, given.progress === true) : undefined;
  if (progress) params.progress = true;
  const hear = (event: Json): Part | undefined => {
    if (!isMap(event)) return undefined;
    const jid = asText(event.jid);
    if (Array.isArray(event.minions)) {
      jobs.begun(jid, event.minions.map(String));
      if ((given['show-jid'] || given.verbose) && !given.async) io.err(`jid: ${jid}\n`);
      progress?.begun(event.minions.length);
    }
    if (typeof event.id !== 'string') return undefined;
    if (event.progress !== undefined) {
      progress?.heard(event.id, event.progress as Json);
      return undefined;
    }
    progress?.ended(event.id);
    jobs.over(jid, event.id);
    // One of several functions: the next is still to come.
    if (event.more === true) return undefined;
    const part = event as unknown as Part;
    parts.set(part.id, part);
    if (form !== 'json' && !given.static) show(part, form, io, master.config);
    return part;
  };
  let publication: Publication | undefined;
  try {
    if (given.preview) return preview(await targetsOf(control, params), form, io);
    publication = publish({ control, exec: execOf(control, calls), params, planner, subset, hear, io });
    // Ctrl-C leaves the job running: its number is how to come back to it.
    const ended = await Promise.race([publication.done, interrupted(io)]);
    if (ended === 130) {
      progress?.end();
      io.err(
        jobs.all.length === 0
          ? 'interrupted before the master had taken the job\n'
          : jobs.tell('interrupted', given['config-dir']),
      );
      tellNotBegun();
      publication.done.catch(() => {});
      return 130;
    }
    if (given.async === true) {
      const [jid = ''] = jobs.all;
      io.out(form === 'json' ? `${JSON.stringify({ jid })}\n` : `${jid}\n`);
      return 0;
    }
  } catch (thrown) {
    progress?.end();
    if (jobs.all.length === 0 || !(thrown instanceof TsaltError)) throw thrown;
    // It is with the minions by now: that nothing ran can't be said.
    io.err(jobs.tell(`error: ${thrown.message}`, given['config-dir']));
    tellNotBegun();
    return 3;
  } finally {
    progress?.end();
    control.close();
  }
  const { notBegun } = publication;
  if (notBegun.length > 0) {
    const failed = [...parts.values()].filter((part) => !succeeded(part)).map(({ id }) => id);
    const reason = `too many failed before (${failed.join(', ')})`;
    if (form !== 'json') io.err(`stopped: ${reason}\n`);
    tellNotBegun();
    for (const id of notBegun) parts.set(id, { id, state: 'not begun', reason });
  }
  if (form === 'json') {
    const returns = [...parts].map(([id, part]) => [
      id,
      answered(part) ? (part.return ?? null) : (part.return ?? { error: describe(part) }),
    ]);
    io.out(format(Object.fromEntries(returns) as JsonMap, form, io));
  } else if (given.static) for (const part of parts.values()) show(part, form, io, master.config);
  if (given.summary) io.err(summary([...parts.values()], given.verbose === true));
  const failed = failedOn([...parts.values()]);
  if (form !== 'json' && failed.length > 0 && notBegun.length === 0)
    io.err(`failed on ${failed.length} of ${parts.size}: ${failed.join(', ')}\n`);
  return exitCode([...parts.values()]);

  function tellNotBegun(): void {
    const ids = publication?.notBegun ?? [];
    if (ids.length > 0) io.err(`not begun: ${ids.join(', ')}\n`);
  }
}

/** Raises `TS_CLI_EXCLUSIVE` for more than one option. */
function exclude(names: readonly string[]): void {
  if (names.length > 1) throw cliErrors.exclusive({ options: names.map((name) => `--${name}`).join(' and ') });
}

/** Target, functions and arguments of the command line; a preview has no function. */
function wordsOf(
  words: readonly string[],
  {
    preview: isPreview,
    'args-separator': separator,
  }: { readonly preview?: true | undefined; readonly 'args-separator'?: string | undefined },
): { tgt: string; calls: readonly Call[] } {
  const [tgt, fun, ...rest] = words;
  if (tgt === undefined || tgt === '')
    throw cliErrors.missingArgument({ verb: 'exec', what: "a target, such as 'web*'" });
  if (isPreview) return { tgt, calls: [] };
  if (fun === undefined)
    throw cliErrors.missingArgument({ verb: 'exec', what: `a function to run on '${tgt}', such as test.ping` });
  const mark = separator === undefined ? undefined : textOf('--args-separator', separator);
  return { tgt, calls: callsOf(fun, rest, mark, didYouMean(nearest(tgt, Object.keys(verbs)))) };
}

async function progressOf(io: Io, asLines: boolean): Promise<ExecProgress | undefined> {
  if (!asLines && !io.errIsTerminal) return undefined;
  const { execProgress } = await import('./exec-progress.ts');
  return execProgress(io, systemClock, asLines);
}

function above0(option: string, expected: string, value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw cliErrors.badOptionValue({ option, value, expected });
  return number;
}

function textOf(option: string, value: string): string {
  if (value === '') throw cliErrors.badOptionValue({ option, value, expected: 'a text' });
  return value;
}

function mapOf(option: string, value: string): JsonMap {
  const map = wordToYaml(value);
  if (!isJsonMap(map))
    throw cliErrors.badOptionValue({ option, value, expected: "a map in YAML such as '{ticket: 17}'" });
  return map;
}

function show(part: Part, form: Form | undefined, io: Io, view: StateView): void {
  // Of several functions a minion may have answered some.
  if (answered(part) || part.return !== undefined)
    io.out(format({ [part.id]: part.return ?? null }, form, io, { areStates: part.out === 'highstate', view }));
  if (!answered(part)) io.err(`${part.id}: no answer (${describe(part)})\n`);
}
