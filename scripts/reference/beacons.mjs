import { beaconParameters, commonOptions } from '../../dist/lib/beacons/parameters.js';
import { entriesAt, nodeOf } from '../../dist/lib/schema/node.js';
import { words } from '../../dist/lib/schema/words.js';
import { builtinBeacons } from '../../dist/minion/beacons/registry.js';
import { code, fenced, table } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

/** What may be said of each thing that a parameter is a map of. */
function inside(schema) {
  const node = nodeOf(schema);
  return Object.keys(entriesAt(node, []) ?? {}).flatMap((name) => {
    const entries = entriesAt(node, [name, 'each']) ?? entriesAt(node, [name]);
    return entries ? [`Of ${code(name)}:`, argumentTable({ entries })] : [];
  });
}

async function section(name) {
  const { summary, example, data } = await builtinBeacons.load(name);
  const schema = beaconParameters[name];
  const own = schema.entries
    ? [argumentTable(schema), ...inside(schema)]
    : [`Its options are a map: ${words(nodeOf(schema.key), code)}, to ${words(nodeOf(schema.value), code)}.`];
  return [`## ${name}`, summary, fenced('yaml', example), ...own, `Data: ${code(data)}`].join('\n\n');
}

/** From the registry of beacons and their parameters. */
export default async () => `# Beacons

What a minion watches on its machine, and tells in events \`salt/beacon/<id>/<name>/<tag>\` whose data lies flat beside \`id\`. They
stand under \`beacons:\` in the minion's config or in its pillar, in Salt's form: a list of options by the beacon's name. A beacon of
the config goes over one of the same name in the pillar. States ([beacon](states/beacon.md)) and functions
([beacons](modules.md#beacons)) set them, too: in \`minion.d/beacons.conf\` beside the minion's config, which a minion that runs reads
within seconds, and which (unlike in Salt) outlives it without being saved.

A misspelt beacon or option is an error in the config, with file, line, column and the nearest right name. In a pillar it is an
error in the minion's log that names the key, and an event of the beacon with \`error\`; the other beacons run.

Every beacon takes besides its own options

${argumentTable(commonOptions)}

It looks when the minion starts, and then at its \`interval\`, in seconds. Each has a time of its own: one that is slow delays no
other, and is not begun again before it is done. One that fails says so once, in the log and in an event with \`error\`, and is tried
less and less often (at least once a minute) until it works again. At most 1000 events come of one look; how many more there were is
said. Events wait on the minion's disk until the master has them. What no tag may have in it, such as the blank in a path, is written
in the tag as in a URL; the data has it as it is.

A beacon of [your own](../guides/write-a-module.md#a-beacon), a file of \`_beacons\` in the state tree, takes these options, too.

## Changes by states

\`inotify\`, and \`service\` with \`onchangeonly\`, do not tell what a state run of this machine did itself, whoever started it. A state run
notes what each of its steps does:

${table(
  ['step', 'what is taken as its doing'],
  [
    [
      'on a file or directory',
      'that the path stands as the step left it (by inode, size and times), whenever that is seen; what is changed again at once is told',
    ],
    ['that removes or moves a directory', 'also all below it, while the step is done and for half a second afterwards'],
    ['on a service', 'changes of that service, for the same time'],
    [
      'a command, packages, an execution function',
      'changes of any file or service, for the same time: what they do can not be told',
    ],
  ],
)}

All else that changes during a state run is told, and what was not told is known afterwards: it is not told later. \`disable_during_state_run\` is Salt's, and coarser: the beacon does
not look at all while states are run; \`inotify\` and \`journald\` begin anew afterwards, the others compare with what they saw before.

## What inotify can see

The kernel tells which names may have changed, and what has become of them is seen by comparing how they stand with how they stood at
the last look. Several changes of one path between two looks are one event, and what was made and removed in between is none.
\`close_write\` is told when a file that was written has been left alone until the next look. A file that another one was put in the place
of (as editors and tsalt do) is \`moved_to\`, or \`modify\` where the mask has no \`moved_to\`; a single file that is watched is then
\`modify\`. Who only opens or reads leaves nothing to see: Salt's other words are taken, with a warning that they have no effect.

${(await Promise.all(builtinBeacons.names.map(section))).join('\n\n')}
`;
