import { notYetSupported, requisiteKinds } from '../../dist/states/engine/common.js';
import { builtinStates } from '../../dist/states/registry.js';
import { code, fenced } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

async function section(name) {
  const state = await builtinStates.load(name);
  return [
    `## ${name}`,
    state.summary + (state.refresh ? ' Reacts to `watch`.' : ''),
    fenced('yaml', state.example),
    argumentTable(state.args, { name: 'the id' }),
  ].join('\n\n');
}

/** From the registry of state functions. */
export default async () => `# States

Arguments that every state takes: the requisites ${requisiteKinds.map((kind) => `\`${kind}\``).join(', ')} and each with \`_in\`;
\`names\`, \`order\`, \`failhard\`, \`unless\`, \`onlyif\`, \`creates\`. Any other argument that is not listed is an error when the tree is
compiled. Salt has for every state, and tsalt has not yet (they are errors, too): ${[...notYetSupported].map(code).join(', ')}.

${(await Promise.all(builtinStates.names.map(section))).join('\n\n')}
`;
