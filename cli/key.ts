import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { asText, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { connectMaster, controlOptions } from './control.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = {
  ...controlOptions,
  all: { help: 'every key that this can be done to' },
  master: { help: "with finger: the master's own key, as minions pin it" },
  out: { value: 'FORMAT', help: 'text (default) or json' },
} as const;

const help = `usage: tsalt key list | accept ID | reject ID | delete ID | finger [ID] | finger --master

Shows the minions' keys, and decides on them. ID may be a glob ('web*'), which is matched against the ids that are there.

`;

/** The four lists of keys, with the headings that Salt's users know. */
const headings = {
  accepted: 'Accepted Keys:',
  denied: 'Denied Keys:',
  pending: 'Unaccepted Keys:',
  rejected: 'Rejected Keys:',
} as const;

type KeyLists = Record<keyof typeof headings, string[]>;

const actions = ['list', 'accept', 'reject', 'delete', 'finger'] as const;

export default async function key(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('key', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [action = '', match] = words;
  if (!isAction(action)) {
    if (action === '') throw cliErrors.missingArgument({ verb: 'key', what: actions.join(', ') });
    throw cliErrors.unknownAction({ verb: 'key', action }, { hint: didYouMean(nearest(action, actions)) });
  }
  const json = given.out === 'json';
  const control = await connectMaster(given, io);
  try {
    switch (action) {
      case 'list': {
        const lists = (await control.call('key.list')) as unknown as KeyLists;
        io.out(json ? `${JSON.stringify(lists)}\n` : printLists(lists));
        return 0;
      }
      case 'finger': {
        const fingers = (await control.call(
          'key.finger',
          given.master ? { master: true } : { match: match ?? '*' },
        )) as JsonMap;
        if (Object.keys(fingers).length === 0 && match !== undefined) throw cliErrors.noSuchKey({ match, action });
        io.out(
          json
            ? `${JSON.stringify(fingers)}\n`
            : Object.entries(fingers)
                .map(([id, finger]) => `${id}: ${asText(finger)}\n`)
                .join(''),
        );
        return 0;
      }
      case 'accept':
      case 'reject':
      case 'delete': {
        if (match === undefined && !given.all)
          throw cliErrors.missingArgument({ verb: `key ${action}`, what: "an id, or a glob such as 'web*', or --all" });
        const done = (await control.call(`key.${action}`, { match: match ?? '*' })) as string[];
        if (done.length === 0 && match !== undefined)
          throw cliErrors.noSuchKey({ match, action }, { hint: 'tsalt key list shows the keys and where they stand' });
        io.out(json ? `${JSON.stringify(done)}\n` : done.map((id) => `${past[action]} ${id}\n`).join(''));
        return 0;
      }
    }
  } finally {
    control.close();
  }
}

const past = { accept: 'accepted', reject: 'rejected', delete: 'deleted' } as const;

function isAction(word: string): word is (typeof actions)[number] {
  return (actions as readonly string[]).includes(word);
}

function printLists(lists: KeyLists): string {
  const names = Object.keys(headings) as (keyof KeyLists)[];
  return names.map((name) => `${headings[name]}\n${lists[name].map((id) => `${id}\n`).join('')}`).join('');
}
