import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { isPattern } from '../lib/fnmatch.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import { meansKey } from '../lib/key-match.ts';
import { nearest } from '../lib/nearest.ts';
import type { LocalClient } from '../wire/local/client.ts';
import { absentKeyOptions } from './absent-options.ts';
import { connectMaster, controlOptions } from './control.ts';
import type { Io } from './io.ts';
import { headings, isOfNobody, listsOf, noSuchKey, past, sayWhy, type KeyLists } from './key-lists.ts';
import { describeOptions, parseOptions } from './options.ts';
import { choiceOf } from './output/output.ts';

const options = {
  ...controlOptions,
  all: { help: 'every key that waits; with delete, every key' },
  yes: { short: 'y', help: 'with delete: several keys at once without being asked; a script is not asked' },
  master: { help: "with finger: the master's own key, as minions pin it" },
  out: { value: 'FORMAT', help: 'text (default) or json' },
} as const;

const help = `usage: tsalt key list | accept ID | reject ID | delete ID | finger [ID] | finger --master

Shows the minions' keys, and decides on them. ID may be a glob ('web*'), which is matched against the ids that are there.
A glob accepts and rejects keys that wait: one that was rejected is accepted, and one that was accepted is rejected, by its id.

`;

const actions = ['list', 'accept', 'reject', 'delete', 'finger'] as const;

export default async function key(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('key', options, argv, { absent: absentKeyOptions });
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [action = '', match, surplus] = words;
  if (!isAction(action)) {
    if (action === '') throw cliErrors.missingArgument({ verb: 'key', what: `one of ${actions.join(', ')}` });
    throw cliErrors.unknownAction({ verb: 'key', action }, { hint: didYouMean(nearest(action, actions)) });
  }
  const unwanted = action === 'list' ? match : surplus;
  if (unwanted !== undefined) throw cliErrors.surplus({ verb: `key ${action}`, word: unwanted });
  if (match === '' || (action !== 'list' && action !== 'finger' && (match === undefined) !== (given.all === true))) {
    throw cliErrors.missingArgument({ verb: `key ${action}`, what: "either an id, a glob such as 'web*', or --all" });
  }
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
      case 'delete': {
        const meant = action === 'delete' && given.yes !== true ? await toDelete(match, control, io) : [match ?? '*'];
        if (typeof meant === 'string') {
          io.err('nothing was deleted\n');
          return meant === 'no' ? 1 : 130;
        }
        const done: string[] = [];
        // One after the other: thousands at once would keep the master from all else.
        for (const each of meant) {
          const ids = (await control.call(`key.${action}`, { match: each })) as string[];
          if (!json) io.out(ids.map((id) => `${past[action]} ${id}\n`).join(''));
          done.push(...ids);
        }
        if (done.length === 0) sayWhy(match, action, await listsOf(control), io);
        if (json) io.out(`${JSON.stringify(done)}\n`);
        return 0;
      }
    }
  } finally {
    control.close();
  }
}

/** What to delete: of several keys those that are shown to the person at the terminal, who has said yes. */
async function toDelete(
  match: string | undefined,
  control: LocalClient,
  io: Io,
): Promise<readonly string[] | 'no' | 'interrupted'> {
  const input = await io.input?.();
  const isOne = match !== undefined && !isPattern(match);
  // Who is not asked need not be one who may list keys.
  if (input?.isTerminal !== true || isOne) return [match ?? '*'];
  const lists = await listsOf(control);
  const isMeant = meansKey(match ?? '*');
  const shown = (Object.keys(headings) as (keyof KeyLists)[])
    .map((state) => ({ heading: headings[state], ids: lists[state].filter(isMeant) }))
    .filter(({ ids }) => ids.length > 0);
  const ids = [...new Set(shown.flatMap((list) => list.ids))];
  if (ids.length < 2) return [ids[0] ?? match ?? '*'];
  io.err('These keys will be deleted:\n');
  for (const { heading, ids: some } of shown) io.err(`${heading}\n${some.map((id) => `  ${id}\n`).join('')}`);
  const said = await input.line(`Delete these ${ids.length}? [y/N] `);
  if (said === undefined) return 'interrupted';
  return /^y(es)?$/i.test(said.trim()) ? ids : 'no';
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
