import { cliErrors } from '../lib/errors/cli.ts';
import { isMap } from '../lib/json.ts';
import { connectMaster, controlOptions, interrupted } from './control.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';
import { formOf, outOption } from './output/output.ts';
import { nested } from './output/nested.ts';
import { toYaml } from './output/yaml.ts';
import { argumentsOf } from './words.ts';

const options = {
  ...controlOptions,
  out: outOption,
} as const;

const help = `usage: tsalt run FUNCTION [ARG ...] [KEY=VALUE ...]

Runs a function of the master itself, such as jobs.list, jobs.show JID, reactor.list, reactor.why EVENT.

`;

export default async function run(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('run', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [fun, ...rest] = words;
  if (fun === undefined) throw cliErrors.missingArgument({ verb: 'run', what: 'a function, such as jobs.list' });
  const form = formOf(given.out);
  const { args, kwargs } = argumentsOf(rest);
  const control = await connectMaster(given, io);
  try {
    const answer = await Promise.race([control.call('run', { fun, arg: args, kwarg: kwargs }), interrupted(io)]);
    if (answer === 130) return 130;
    io.out(print(answer, form));
    return isMap(answer) && answer.success === false ? 1 : 0;
  } finally {
    control.close();
  }
}

function print(answer: unknown, form: ReturnType<typeof formOf>): string {
  if (form === 'quiet') return '';
  if (form === 'json') return `${JSON.stringify(answer)}\n`;
  return form === 'yaml' ? toYaml(answer) : nested(answer, 0);
}
