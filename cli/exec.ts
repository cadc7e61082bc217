import { systemClock } from '../lib/clock.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean, TsaltError } from '../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { batchSize, execInBatches } from './batch.ts';
import { connectMaster, controlOptions, interrupted, masterConfig } from './control.ts';
import type { Io } from './io.ts';
import type { ExecProgress } from './exec-progress.ts';
import { describeOptions, parseOptions, type Option } from './options.ts';
import { format, formOf, outOption, type Form } from './output/output.ts';
import { viewFlags, viewOptions, type StateView } from './output/view.ts';
import { verbs } from './verbs.ts';
import { argumentsOf } from './words.ts';

const targets = {
  pcre: { short: 'E', help: 'the target is a regular expression on ids' },
  list: { short: 'L', help: 'the target is a list of ids, with commas' },
  grain: { short: 'G', help: 'the target is grain:glob' },
  pillar: { short: 'I', help: 'the target is pillar key:glob' },
  compound: { short: 'C', help: "the target is a compound expression: 'G@os:Debian and not web*'" },
  nodegroup: { short: 'N', help: 'the target is a group that the config of the master names' },
} as const satisfies Record<string, Option>;

const options = {
  ...controlOptions,
  ...targets,
  timeout: {
    short: 't',
    value: 'SECONDS',
    help: 'how long a minion has to take the job (default: `timeout` of the config)',
  },
  'batch-size': { short: 'b', value: 'N', help: 'on so many minions at a time, or so many percent of them (25%)' },
  async: { help: 'print the jid and do not wait' },
  out: outOption,
  ...viewOptions,
  progress: {
    help: 'print on stderr, line by line, where state runs are, every 2 seconds at most (without it, a terminal shows it in one line)',
  },
} as const;

const help = `usage: tsalt [exec] TARGET FUNCTION [ARG ...] [KEY=VALUE ...]

Runs a function on minions and shows what each answers. TARGET is a glob on ids unless an option says otherwise.

`;

/** How one minion's part in a job ended, as the control interface tells it. */
interface Part {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly return?: Json;
  readonly success?: boolean;
  readonly out?: string;
}

export default async function exec(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('exec', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [tgt, fun, ...rest] = words;
  if (tgt === undefined) throw cliErrors.missingArgument({ verb: 'exec', what: "a target, such as 'web*'" });
  if (fun === undefined)
    throw cliErrors.missingArgument({ verb: 'exec', what: `a function to run on '${tgt}', such as test.ping` });
  if (!/^[A-Za-z_]\w*(\.\w+)+$/.test(fun))
    throw cliErrors.notAFunction({ fun }, { hint: didYouMean(nearest(tgt, Object.keys(verbs))) });
  const kinds = (Object.keys(targets) as (keyof typeof targets)[]).filter((name) => given[name]);
  if (kinds.length > 1) throw cliErrors.exclusive({ options: kinds.map((name) => `--${name}`).join(' and ') });
  const [kind = 'glob'] = kinds;
  const { args, kwargs } = argumentsOf(rest);
  const params: JsonMap = { tgt, tgt_type: kind, fun, arg: args, kwarg: kwargs, wait: !given.async };
  const form = formOf(given.out);
  const size = given['batch-size'] === undefined ? undefined : batchSize(given['batch-size']);
  if (size && given.async) throw cliErrors.exclusive({ options: '--batch-size and --async' });
  if (given.timeout !== undefined) params.timeout = seconds(given.timeout);

  const master = masterConfig(given, io, viewFlags(given));
  const control = await connectMaster(given, io, master);
  const progress = fun.startsWith('state.') && !given.async ? await progressOf(io, given.progress === true) : undefined;
  if (progress) params.progress = true;
  let jid = '';
  const parts = new Map<string, Part>();
  const hear = (event: Json): void => {
    if (!isMap(event)) return;
    if (typeof event.jid === 'string') jid = event.jid;
    if (Array.isArray(event.minions)) progress?.begun(event.minions.length);
    if (typeof event.id !== 'string') return;
    if (event.progress !== undefined) return progress?.heard(event.id, event.progress as Json);
    progress?.ended(event.id);
    const part = event as unknown as Part;
    parts.set(part.id, part);
    if (form !== 'json') show(part, form, io, master.config);
  };
  try {
    const done = size ? execInBatches(control, params, size, hear, io.interrupted) : control.call('exec', params, hear);
    // Ctrl-C leaves the job running: its number is how to come back to it.
    const ended = await Promise.race([done, interrupted(io)]);
    if (ended === 130) {
      progress?.end();
      io.err(
        jid === ''
          ? 'interrupted before the master had taken the job\n'
          : `interrupted; the job goes on: ${howToShow(jid, given['config-dir'])}\n`,
      );
      done.catch(() => {});
      return 130;
    }
    if (given.async === true) {
      io.out(form === 'json' ? `${JSON.stringify({ jid })}\n` : `${jid}\n`);
      return 0;
    }
  } catch (thrown) {
    progress?.end();
    if (jid === '' || !(thrown instanceof TsaltError)) throw thrown;
    // It is with the minions by now: that nothing ran can't be said.
    io.err(`error: ${thrown.message}\nthe job is on its way: ${howToShow(jid, given['config-dir'])}\n`);
    return 3;
  } finally {
    progress?.end();
    control.close();
  }
  if (form === 'json') {
    const returns = [...parts].map(([id, part]) => [
      id,
      answered(part) ? (part.return ?? null) : { error: describe(part) },
    ]);
    io.out(format(Object.fromEntries(returns) as JsonMap, form, io));
  }
  return exitCode([...parts.values()]);
}

function howToShow(jid: string, configDir: string | undefined): string {
  return `tsalt run jobs.show ${jid}${configDir === undefined ? '' : ` --config-dir ${configDir}`}`;
}

async function progressOf(io: Io, asLines: boolean): Promise<ExecProgress | undefined> {
  if (!asLines && !io.errIsTerminal) return undefined;
  const { execProgress } = await import('./exec-progress.ts');
  return execProgress(io, systemClock, asLines);
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0)
    throw cliErrors.badOptionValue({ option: '--timeout', value, expected: 'a number of seconds' });
  return number;
}

const answered = ({ state }: Part): boolean => state === 'returned';

function describe({ state, reason }: Part): string {
  return reason === undefined || reason === '' ? state : `${state}: ${reason}`;
}

function show(part: Part, form: Form | undefined, io: Io, view: StateView): void {
  if (answered(part))
    io.out(format({ [part.id]: part.return ?? null }, form, io, { areStates: part.out === 'highstate', view }));
  else io.err(`${part.id}: no answer (${describe(part)})\n`);
}

/** Nothing ran anywhere 2, else a failure 1, else somebody gave no answer 3, else 0. */
function exitCode(parts: readonly Part[]): number {
  const returned = parts.filter(answered);
  const notCompiled = ({ return: value, out }: Part): boolean => out === 'highstate' && Array.isArray(value);
  if (returned.length > 0 && returned.length === parts.length && returned.every(notCompiled)) return 2;
  if (returned.some(({ success }) => success === false)) return 1;
  return returned.length < parts.length ? 3 : 0;
}
