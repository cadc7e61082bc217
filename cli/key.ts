import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { absentKeyOptions } from './absent-options.ts';
import { connectMaster, controlOptions } from './control.ts';
import type { Io } from './io.ts';
import { decide } from './key-decisions.ts';
import { headings, isOfNobody, listsOf, noSuchKey, type KeyLists } from './key-lists.ts';
import { describeOptions, parseOptions } from './options.ts';
import { choiceOf } from './output/output.ts';

const options = {
  ...controlOptions,
  all: { help: 'every key that waits; with delete, every key' },
  yes: { short: 'y', help: 'with delete: several keys at once without being asked; a script is not asked' },
  master: { help: "with finger: the master's own key, as minions pin it" },
  out: { value: 'FORMAT', help: 'text (default) or json' },
} as const;

const help = `usage: tsalt key list | accept ID ... | reject ID ... | delete ID ... | finger [ID] | finger --master

Shows the minions' keys, and decides on them. ID may be a glob ('web*'), which is matched against the ids that are there;
there may be several, also with commas between.
A glob accepts and rejects keys that wait: one that was rejected is accepted, and one that was accepted is rejected, by its id.

`;

const actions = ['list', 'accept', 'reject', 'delete', 'finger'] as const;

export default async function key(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('key', options, argv, { absent: absentKeyOptions });
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [action = '', ...said] = words;
  if (!isAction(action)) {
    if (action === '') throw cliErrors.missingArgument({ verb: 'key', what: `one of ${actions.join(', ')}` });
    throw cliErrors.unknownAction({ verb: 'key', action }, { hint: didYouMean(nearest(action, actions)) });
  }
  const decides = action !== 'list' && action !== 'finger';
  const unwanted = decides ? undefined : said[action === 'list' ? 0 : 1];
  if (unwanted !== undefined) throw cliErrors.surplus({ verb: `key ${action}`, word: unwanted });
  // As Salt does, which takes several in one word.
  const wanting = said.flatMap((word) => word.split(',')).filter((match) => match !== '');
  const matches = decides ? [...new Set(wanting)] : said;
  const isNone = matches.length === 0;
  if (matches.includes('') || (isNone && said.length > 0) || (decides && isNone !== (given.all === true))) {
    throw cliErrors.missingArgument({ verb: `key ${action}`, what: "either ids, globs such as 'web*', or --all" });
  }
  const [match] = matches;
  const json = choiceOf(given.out, ['text', 'json']) === 'json';
  const control = await connectMaster(given, io);
  try {
    switch (action) {
      case 'list': {
        const lists = await listsOf(control);
        io.out(json ? `${JSON.stringify(lists)}\n` : printLists(lists));
        return 0;
      }
      case 'finger': {
        const params: JsonMap = given.master ? { master: true } : { match: match ?? '*' };
        const fingers = (await control.call('key.finger', params)) as JsonMap;
        if (match !== undefined && isOfNobody(fingers)) throw noSuchKey(match, action, await listsOf(control));
        io.out(json ? `${JSON.stringify(fingers)}\n` : printFingers(fingers));
        return 0;
      }
      case 'accept':
      case 'reject':
      case 'delete':
        return await decide({ action, matches, isSure: given.yes === true, json }, control, io);
    }
  } finally {
    control.close();
  }
}

function isAction(word: string): word is (typeof actions)[number] {
  return (actions as readonly string[]).includes(word);
}

function printLists(lists: KeyLists): string {
  const names = Object.keys(headings) as (keyof KeyLists)[];
  return names.map((name) => `${headings[name]}\n${lists[name].map((id) => `${id}\n`).join('')}`).join('');
}

/** Under the heading of their state; the master's own have none. */
function printFingers(fingers: JsonMap): string {
  const lines = (some: JsonMap) => Object.entries(some).map(([id, finger]) => `${id}: ${asText(finger)}\n`);
  if (!Object.values(fingers).every(isMap)) return lines(fingers).join('');
  return (Object.keys(headings) as (keyof KeyLists)[])
    .map((name) => ({ name, some: lines(fingers[name] as JsonMap) }))
    .flatMap(({ name, some }) => (some.length > 0 ? [`${headings[name]}\n`, ...some] : []))
    .join('');
}
