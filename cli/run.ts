import { TsaltError } from '../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { comeBack } from './come-back.ts';
import { connectMaster, controlOptions, interrupted, masterConfig } from './control.ts';
import type { Io } from './io.ts';
import { isOfNobody, listsOf, noSuchKey, whyNothing } from './key-lists.ts';
import { describeOptions, parseOptions } from './options.ts';
import { isStateRun } from './output/highstate.ts';
import { format, formOf, outOption } from './output/output.ts';
import { nested } from './output/nested.ts';
import { table } from './output/table.ts';
import { safeJson } from './output/text.ts';
import { toYaml } from './output/yaml.ts';
import { viewFlags, viewOptions, type StateView } from './output/view.ts';
import { functionHelp, printFunctions, type RunnerFunction } from './run-functions.ts';
import { argumentsOf } from './words.ts';

const options = {
  ...controlOptions,
  async: { help: 'begin it, print its jid and do not wait: of what takes long, such as state.orchestrate' },
  out: outOption,
  ...viewOptions,
} as const;

const help = `usage: tsalt run [FUNCTION [ARG ...] [KEY=VALUE ...]]

Runs a function of the master itself, such as jobs.list, jobs.show JID, reactor.list, reactor.why EVENT. Without one it
lists what there is; 'tsalt run FUNCTION --help' tells of one, 'tsalt run MODULE --help' lists those of a module.

`;

export default async function run(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('run', options, argv);
  const [fun, ...rest] = words;
  if (wanted && fun === undefined) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const form = formOf(given.out);
  const { args, kwargs } = argumentsOf(rest);
  const master = masterConfig(given, io, viewFlags(given));
  const control = await connectMaster(given, io, master);
  try {
    if (fun === undefined) {
      io.out(printFunctions((await control.call('run.functions')) as unknown as RunnerFunction[]));
      return 0;
    }
    if (wanted) {
      const found = (await control.call('run.functions', { fun })) as unknown as RunnerFunction[];
      // The name of a module has no dot.
      io.out(fun.includes('.') ? found.map(functionHelp).join('') + describeOptions(options) : printFunctions(found));
      return 0;
    }
    let jid = '';
    const done = control.call('run', { fun, arg: args, kwarg: kwargs, wait: !given.async }, (told) => {
      if (isMap(told)) jid = asText(told['jid']);
    });
    let answer: Json;
    try {
      answer = await Promise.race([done, interrupted(io)]);
    } catch (thrown) {
      if (jid === '' || !(thrown instanceof TsaltError) || thrown.code !== 'TS_CONTROL_GONE') throw thrown;
      // It is on the master's disk: that nothing ran can't be said.
      io.err(`error: ${thrown.message}\n${jid} goes on when the master runs again: ${comeBack(words, jid, given)}\n`);
      return 3;
    }
    if (answer === 130) {
      if (jid !== '') io.err(`interrupted; ${jid} goes on: ${comeBack(words, jid, given)}\n`);
      done.catch(() => {});
      return 130;
    }
    if (given.async && isMap(answer)) {
      io.out(form === 'json' ? `${safeJson(answer)}\n` : `${asText(answer['jid'])}\n`);
      return 0;
    }
    await tellNoKey(fun, asText(kwargs['match'] ?? args[0]), answer);
    io.out(print(answer, form, io, master.config));
    return exitCodeOf(answer);
  } finally {
    control.close();
  }

  /** As `tsalt key`: what was done to no key is told, and where there is no such key it is an error. */
  async function tellNoKey(called: string, match: string, result: Json): Promise<void> {
    const [, action] = /^(?:wheel\.)?key\.(accept|reject|delete|finger)$/.exec(called) ?? [];
    if (action === 'finger' && isMap(result) && isOfNobody(result as JsonMap))
      throw noSuchKey(match, action, await listsOf(control));
    if ((action === 'accept' || action === 'reject' || action === 'delete') && isEmpty(result)) {
      const mistake = whyNothing(match, action, await listsOf(control), io);
      if (mistake) throw mistake;
    }
  }
}

const isEmpty = (result: Json): boolean => Array.isArray(result) && result.length === 0;

/** A failure is what says that it is one, and a state run that failed; of one that did not compile nothing was run. */
function exitCodeOf(answer: unknown): number {
  if (isRun(answer)) return Object.values(answer.data).some(Array.isArray) ? 2 : Number(answer.retcode !== 0);
  return isMap(answer) && answer['success'] === false ? 1 : 0;
}

/** The answer of an orchestration: a state run, and how it is to be shown. */
function isRun(
  answer: unknown,
): answer is { readonly data: Readonly<Record<string, unknown>>; readonly retcode: unknown } {
  return isMap(answer) && answer['outputter'] === 'highstate' && isMap(answer['data']);
}

function print(answer: unknown, form: ReturnType<typeof formOf>, io: Io, view: StateView): string {
  if (isRun(answer) && (form === undefined || form === 'highstate' || form === 'table'))
    return format(answer.data, form, io, { areStates: true, view });
  // The returns of a job, by minion.
  const hasRuns =
    isMap(answer) && Object.values(answer).some((value) => isStateRun(value) && Object.keys(value).length > 0);
  if (hasRuns && (form === undefined || form === 'highstate' || form === 'table'))
    return format(answer, form, io, { areStates: true, view });
  if (form === 'quiet') return '';
  if (form === 'txt' || form === 'newline_values_only')
    return isMap(answer) ? format(answer, form, io) : format({ answer }, 'newline_values_only', io);
  if (form === 'json') return `${safeJson(answer)}\n`;
  if (form === 'table') return table(answer);
  return form === 'yaml' ? toYaml(answer) : nested(answer, 0);
}
