import { listFunctions } from '../../dist/master/runners.js';
import { code, sentence, table } from './markdown.mjs';

const row = ({ name, summary, takes, needs, anything }) => [
  code(name),
  anything
    ? 'anything'
    : takes.map((argument, place) => (place < needs ? code(argument) : `\`[${argument}]\``)).join(' '),
  sentence(summary),
];

/** From the master's own table. */
export default () => `# Runners and wheel functions

Functions of the master itself: \`tsalt run FUNCTION [ARG ...] [KEY=VALUE ...]\`. Reactions and orchestrations call those of
the first table as \`runner.\`: they read and begin things.

${table(['function', 'takes', 'gives or does'], listFunctions('runner').map(row))}

Those of the second table are \`wheel.\` there: they decide on keys and look at the master's own files, which they never change.
\`match\` is an id, or a glob that is matched against the ids that are there.

${table(['function', 'takes', 'gives or does'], listFunctions('wheel').map(row))}

Of Salt's runners \`state.event\` is \`tsalt event listen\`, and \`doc.*\` is this page, \`tsalt run\` without a function and
\`sys.doc\` on minions. \`salt.cmd\` (execution functions in the master's own process) is not there: the machine of a master may have a
minion of its own.
`;
