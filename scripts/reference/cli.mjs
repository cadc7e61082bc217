import { main } from '../../dist/cli/main.js';
import { verbs } from '../../dist/cli/verbs.js';
import { fenced } from './markdown.mjs';

/** What a command line prints. */
async function printed(...words) {
  let out = '';
  const io = {
    out: (text) => void (out += text),
    err: (text) => void (out += text),
    outIsTerminal: false,
    errIsTerminal: false,
    columns: 120,
    env: {},
    cwd: '/',
    interrupted: new AbortController().signal,
  };
  await main(words, io);
  return out;
}

/** From the verbs' own \`--help\`. */
export default async () => {
  const names = Object.keys(verbs).filter((name) => verbs[name].summary !== undefined);
  const sections = names.map(async (name) => `## tsalt ${name}\n\n${fenced('', await printed(name, '--help'))}`);
  return `# Command line

${fenced('', await printed('--help'))}

A first word that is no verb is a target: \`tsalt 'web*' test.ping\` is short for \`tsalt exec 'web*' test.ping\`. Arguments of
functions are read as YAML. Data goes to standard output, everything else to standard error.

| exit code | |
|---|---|
| 0 | done; would be done (test mode) |
| 1 | something failed: a state, a function, one minion among others |
| 2 | nothing ran: usage, config, a tree that doesn't compile, no minion matched, no master |
| 3 | some minions gave no answer; each is named with the reason |
| 130 | interrupted |

${(await Promise.all(sections)).join('\n\n')}
`;
};
