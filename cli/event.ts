import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean, messageOf } from '../lib/errors/error.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { connectMaster, controlOptions, interrupted } from './control.ts';
import type { Io } from './io.ts';
import { choiceOf } from './output/output.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = {
  ...controlOptions,
  count: { value: 'N', help: 'with listen: end after N events' },
  since: { value: 'NUMBER', help: 'with listen: begin with the event of that number, however long ago' },
  out: { value: 'FORMAT', help: 'text (default): tag, tab, data; or json: one object a line' },
} as const;

const help = `usage: tsalt event listen [TAG-GLOB] | send TAG [JSON]

Shows the events on the master's bus as they come, or fires one.

`;

const actions = ['listen', 'send'];

export default async function event(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('event', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [action = '', tag, data, surplus] = words;
  if (!actions.includes(action)) {
    if (action === '') throw cliErrors.missingArgument({ verb: 'event', what: actions.join(' or ') });
    throw cliErrors.unknownAction({ verb: 'event', action }, { hint: didYouMean(nearest(action, actions)) });
  }
  if (action === 'send' && tag === undefined) throw cliErrors.missingArgument({ verb: 'event send', what: 'a tag' });
  const unwanted = action === 'listen' ? data : surplus;
  if (unwanted !== undefined) throw cliErrors.surplus({ verb: `event ${action}`, word: unwanted });
  const payload = action === 'send' ? readJson(data) : {};
  const most = wholeNumber('--count', given.count, 1) ?? Infinity;
  const since = wholeNumber('--since', given.since, 0);
  const json = choiceOf(given.out, ['text', 'json']) === 'json';
  const control = await connectMaster(given, io);
  try {
    if (action === 'send') {
      const fired = (await control.call('event.send', { tag: tag ?? '', data: payload })) as JsonMap;
      io.err(`event ${asText(fired['seq'])}\n`);
      return 0;
    }
    const params: JsonMap = { tag: tag ?? '*', ...(since === undefined ? {} : { since }) };
    let seen = 0;
    const enough = new Promise<number>((resolve) => {
      const show = (one: Json): void => {
        if (seen++ < most) io.out(print(one, json));
        if (seen >= most) resolve(0);
      };
      control.call('event.listen', params, show).then(
        () => resolve(0),
        (cause: unknown) => {
          // With all that was wanted in hand, or after Ctrl-C, the connection is closed from here.
          if (seen < most && !io.interrupted.aborted) io.err(`error: ${messageOf(cause)}\n`);
          resolve(2);
        },
      );
    });
    return await Promise.race([enough, interrupted(io)]);
  } finally {
    control.close();
  }
}

function wholeNumber(option: string, value: string | undefined, least: 0 | 1): number | undefined {
  if (value === undefined) return undefined;
  const expected = `a whole number${least > 0 ? ' above 0' : ''}`;
  if (!/^\d{1,15}$/.test(value) || Number(value) < least) throw cliErrors.badOptionValue({ option, value, expected });
  return Number(value);
}

function readJson(text: string | undefined): JsonMap {
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw cliErrors.badOptionValue(
      { option: 'data', value: text, expected: 'a JSON object' },
      { hint: messageOf(cause), cause },
    );
  }
  if (!isMap(value)) throw cliErrors.badOptionValue({ option: 'data', value: text, expected: 'a JSON object' });
  return value as JsonMap;
}

/** As `salt-run state.event pretty=True` prints it: the tag, a tab, the data with its keys sorted. */
function print(event: Json, json: boolean): string {
  if (json || !isMap(event)) return `${JSON.stringify(event)}\n`;
  return `${asText(event['tag'])}\t${JSON.stringify(sorted(event['data'] as Json), undefined, 4)}\n`;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] as Json)]));
}
