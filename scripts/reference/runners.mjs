import { runners } from '../../dist/master/runners.js';
import { wheelFunctions } from '../../dist/master/wheel.js';
import { code, sentence, table } from './markdown.mjs';

const row = ({ name, summary, takes, needs }) => [
  code(name),
  takes.map((argument, place) => (place < needs ? code(argument) : `\`[${argument}]\``)).join(' '),
  sentence(summary),
];

/** From the master's own tables. Nothing of a master is needed to list them. */
export default () => `# Runners and wheel functions

Functions of the master itself: \`tsalt run FUNCTION [ARG ...] [KEY=VALUE ...]\`, and \`runner.\` reactions.

${table(['function', 'takes', 'gives or does'], runners({}).list.map(row))}

\`wheel.\` reactions decide on keys. \`match\` is an id, or a glob that is matched against the ids that are there.

${table(['function', 'takes', 'gives or does'], wheelFunctions.map(row))}
`;
