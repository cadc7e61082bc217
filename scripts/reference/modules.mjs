import { builtinModules } from '../../dist/minion/modules/registry.js';
import { absentExecutions } from '../../dist/lib/execution/absent.js';
import { code, table } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

function section(name, { summary, args, rest, keywords, quick, sync, fetched }) {
  const notes = [
    rest && `\`${rest}\` takes all positional arguments from its place on.`,
    keywords && `\`${keywords}\` is all named arguments that are not listed.`,
    quick && 'Runs inside the minion.',
    sync && `Templates may call it: \`{{salt "${name}"}}\`.`,
    fetched && `Templates may call it: \`{{salt "${name}"}}\`; its answer is waited for, once in a run.`,
  ].filter(Boolean);
  return [`### ${name}`, [summary, ...notes].join(' '), argumentTable(args)].join('\n\n');
}

async function module(name) {
  const { functions } = await builtinModules.load(name);
  const all = Object.entries(functions).map(([own, fun]) => section(`${name}.${own}`, fun));
  return [`## ${name}`, ...all].join('\n\n');
}

/** From the registry of execution modules. */
export default async () => `# Execution modules

What \`tsalt call\`, \`tsalt exec\` and \`local\` reactions may run. Positional arguments are taken in the order of the table. A
function that does not run inside the minion has a process of its own.

${(await Promise.all(builtinModules.names.map(module))).join('\n\n')}

## Of Salt's functions

These are not here; the error for one says what to do in its place.

${table(
  ['function', 'instead'],
  Object.entries(absentExecutions).map(([name, instead]) => [code(name), instead]),
)}
`;
