import { listFunctions } from '../../dist/master/runners.js';
import { absentArguments, absentRunners } from '../../dist/master/runners/absent.js';
import { code, sentence, table } from './markdown.mjs';

const row = ({ name, summary, takes, needs, anything, keywords }) => [
  code(name),
  anything
    ? 'anything'
    : [
        ...takes.map((argument, place) => (place < needs ? code(argument) : `\`[${argument}]\``)),
        ...(keywords === undefined ? [] : ['`[NAME=VALUE ...]`']),
      ].join(' '),
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

## Of Salt's runners

These are not here; the error for one says what to do in its place.

${table(
  ['function', 'instead'],
  Object.entries(absentRunners).map(([name, instead]) => [code(name), instead]),
)}

Arguments that they do not take:

${table(
  ['function', 'argument', 'why'],
  Object.entries(absentArguments).flatMap(([name, reasons]) =>
    Object.entries(reasons).map(([argument, why]) => [code(name), code(argument), why]),
  ),
)}
`;
