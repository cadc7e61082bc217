import { builtinExtPillars } from '../../dist/pillar/external/registry.js';
import { nodeOf } from '../../dist/lib/schema/node.js';
import { words } from '../../dist/lib/schema/words.js';
import { code, fenced, sentence } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

async function section(name) {
  const { summary, example, args } = await builtinExtPillars.load(name);
  const takes = 'entries' in args ? argumentTable(args) : sentence(`takes ${words(nodeOf(args), code)}`);
  return [`## ${name}`, summary, fenced('yaml', example), takes].join('\n\n');
}

/** From the registry of sources of pillar. */
export default async () => `# Sources of pillar

What \`ext_pillar\` of a [config](config.md) may name: a list of one-key maps, each a source with what it takes. On a master they are
asked there, for each minion's pillar. What they say is laid over what the pillar tree says, one after the other
(\`pillar_source_merging_strategy\`); with \`ext_pillar_first\` the tree goes over them, and its templates see what they say. One that
fails, fails the pillar: no state is run on half of it. All of them together have seven seconds.

${(await Promise.all(builtinExtPillars.names.map(section))).join('\n\n')}
`;
