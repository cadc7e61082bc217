import os from 'node:os';
import path from 'node:path';
import { cliErrors } from '../lib/errors/cli.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { nearest } from '../lib/nearest.ts';
import { publicKeyText } from '../lib/operators/public-key.ts';
import { saveIdentity } from '../wire/key-files.ts';
import { generateIdentity, type Identity } from '../wire/keys.ts';
import { connectMaster, controlOptions } from './control.ts';
import type { Io } from './io.ts';
import { operatorKey, usualKeyFile } from './operator-key.ts';
import { describeOptions, parseOptions } from './options.ts';

const help = `usage: tsalt operator keygen [FILE] | public [FILE] | reload

keygen makes an operator's key in FILE, which nobody else can read, and prints the line that goes into 'operators' of the
master's config; public prints it again. reload has the master read that option again: whoever is no operator any more
is cut off.

`;

const actions = ['keygen', 'public', 'reload'] as const;
type Action = (typeof actions)[number];

export default async function operator(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('operator', controlOptions, argv);
  if (wanted) {
    io.out(`${help}Without FILE it is ${usualKeyFile(io)}.\n\n${describeOptions(controlOptions)}`);
    return 0;
  }
  const [word, file, surplus] = words;
  const action = actionOf(word);
  const unwanted = action === 'reload' ? file : surplus;
  if (unwanted !== undefined) throw cliErrors.surplus({ verb: `operator ${action}`, word: unwanted });
  const keyFile = file === undefined ? usualKeyFile(io) : path.resolve(io.cwd, file);
  switch (action) {
    case 'keygen': {
      const identity = generateIdentity();
      saveIdentity(keyFile, identity);
      io.err(`the key is in ${keyFile}; this line is for the master's config:\n`);
      io.out(lineOf(identity));
      return 0;
    }
    case 'public':
      io.out(lineOf(operatorKey({ path: keyFile })));
      return 0;
    case 'reload': {
      const control = await connectMaster(given, io);
      try {
        const names = (await control.call('operator.reload')) as string[];
        io.out(names.map((name) => `${name}\n`).join(''));
        return 0;
      } finally {
        control.close();
      }
    }
  }
}

function actionOf(word: string | undefined): Action {
  if (word === undefined) throw cliErrors.missingArgument({ verb: 'operator', what: `one of ${actions.join(', ')}` });
  const action = actions.find((known) => known === word);
  if (action) return action;
  throw cliErrors.unknownAction({ verb: 'operator', action: word }, { hint: didYouMean(nearest(word, actions)) });
}

function lineOf({ publicKey }: Identity): string {
  return `${publicKeyText(publicKey, `${os.userInfo().username}@${os.hostname()}`)}\n`;
}
