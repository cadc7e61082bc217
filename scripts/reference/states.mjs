import { commonNames, notYetSupported } from '../../dist/states/engine/common-arguments.js';
import { requisiteKinds, reversedKinds, useKinds } from '../../dist/states/engine/common.js';
import { builtinStates, otherNames } from '../../dist/states/registry.js';
import { code, fenced, table } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

async function section(name, state) {
  if (Object.hasOwn(otherNames, name)) return `## ${name}\n\n${anotherName(name)}`;
  return [
    `## ${name}`,
    state.summary + (state.refresh ? ' Reacts to `watch` and `listen`.' : ''),
    fenced('yaml', state.example),
    argumentTable(state.args, { name: 'the id' }),
  ].join('\n\n');
}

/** Says of which function a name is another one. */
function anotherName(name) {
  const own = otherNames[name];
  return `Another name of [${own}](#${own.replace('.', '')}).`;
}

const modules = [...new Set(builtinStates.names.map((name) => name.split('.')[0]))];

/** From the registry of state functions: a page of all, and one for each module. */
export default async () => {
  const states = new Map();
  for (const name of builtinStates.names) states.set(name, await builtinStates.load(name));
  const of = (module) => [...states].filter(([name]) => name.startsWith(`${module}.`));
  const pages = await Promise.all(
    modules.map(async (module) => {
      const sections = await Promise.all(of(module).map(([name, state]) => section(name, state)));
      return [`states/${module}`, `# ${module}\n\n${sections.join('\n\n')}\n`];
    }),
  );
  const rows = [...states].map(([name, { summary }]) => {
    const [module, fun] = name.split('.');
    const said = Object.hasOwn(otherNames, name) ? `another name of ${otherNames[name]}` : summary;
    return [`[${module}.${fun}](states/${module}.md#${module}${fun})`, said];
  });
  return {
    states: `# States

Arguments that every state takes are [requisites](requisites.md) (${[...requisiteKinds, ...reversedKinds, ...useKinds].map(code).join(', ')}),
and ${commonNames.map(code).join(', ')}. Any other argument that a function does not list is an error when the tree is compiled. Salt has
for every state, and tsalt has not (they are errors, too): ${[...notYetSupported].map(code).join(', ')}.

${table(['function', 'what it says'], rows)}
`,
    ...Object.fromEntries(pages),
  };
};
