import { masterOptions, minionOptions } from '../../dist/lib/config/options.js';
import { directoriesOf } from '../../dist/lib/config/directories.js';
import { isSaltOption } from '../../dist/lib/config/salt-options.js';
import { table } from './markdown.mjs';

const directories = directoriesOf({ uid: 0, home: '/root', env: {} });

const shown = (value) =>
  value === undefined || value === '' ? 'none' : `\`${JSON.stringify(value).replace(/^"(.*)"$/, '$1')}\``;

function options(all) {
  const rows = Object.entries(all).map(([name, { kind, fallback, doc, alias }]) => {
    const names = alias ? `\`${name}\`, also \`${alias}\`` : `\`${name}\``;
    return [names, kind.words, shown(fallback), isSaltOption(name) ? 'yes' : '', doc];
  });
  return table(['option', 'is', 'default', "Salt's", 'for'], rows);
}

/** From `lib/config/options.ts`. */
export default () => `# Configuration

A master reads \`master\` (or \`master.yaml\`; having both is an error) in its config directory, then \`master.d/*.conf\` in byte
order; a minion reads \`minion\` and \`minion.d/*.conf\` in the same way. What comes later wins: maps merge deeply, lists and
single values replace. After the files come environment variables (\`TSALT_\` and the option's name in capitals, dots as
underscores: \`TSALT_GRAPHITE_HOST\`), and last the command line.

Files are YAML; \`yes\`, \`no\`, \`on\` and \`off\` are booleans, as Salt's users write them. A misspelt option and a value of
the wrong kind are errors that name the file, line and column. An option that Salt has and tsalt does not is a warning and
has no effect. Options with a dot are written as they stand here: \`graphite.host: metrics.example\`.

The defaults are those of root, and of whoever reads the system's config. Anyone else has them in the XDG directories: \`$XDG_CONFIG_HOME/tsalt\` for
\`${directories.config}\`, \`$XDG_STATE_HOME/tsalt\` for \`${directories.state}\`, \`$XDG_RUNTIME_DIR/tsalt\` for \`${directories.run}\`,
\`$XDG_DATA_HOME/tsalt\` for \`${directories.trees}\`.

## Master

${options(masterOptions(directories))}

## Minion

${options(minionOptions(directories))}
`;
