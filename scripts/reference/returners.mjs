import { common } from '../../dist/returners/settings.js';
import { builtinReturners } from '../../dist/returners/registry.js';
import { nodeOf } from '../../dist/lib/schema/node.js';
import { fenced, sentence } from './markdown.mjs';
import { argumentTable } from './schema.mjs';

async function section(name) {
  const { summary, promise, example, settings } = await builtinReturners.load(name);
  // What is to be true of several settings together.
  const rule = (nodeOf(settings).pipe ?? []).find(({ type }) => type === 'check')?.message;
  return [
    `## ${name}`,
    summary,
    `**Loss.** ${promise}`,
    fenced('yaml', example),
    argumentTable(settings),
    ...(rule === undefined ? [] : [sentence(`it takes ${rule}`)]),
  ].join('\n\n');
}

/** From the registry of returners. */
export default async () => `# Returners

What \`returners\` of a master's [config](config.md) may name: a map from a name of your own to its settings. \`kind\` says which of
those below it is, or is one of your own; the name itself is the kind where it is left out. [How to](../guides/return-results.md).

What holds for all of them: an event is on the master's disk before a minion is told that its return has arrived, and a returner
reads that log. It is sent every event that one of its globs matches, in order, in batches, and its place moves on when the far
side has taken a batch. While the far side is away the same batch is tried again, after 1 s at first and 60 s at last (with
jitter); what comes meanwhile waits in the log, not in memory. The log keeps what a returner still needs, however old
(\`keep_events_seconds\` does not count then), up to 1 GiB; what goes beyond that is lost for it, counted
(\`tsalt_returner_lost_total\`), logged, and told by \`tsalt/returner/lost\`. A new returner begins with new events, as
one does that was given another name: the place is the name's. One event that the
far side will never take is a dead letter (\`tsalt run reactor.dead\`, \`reactor.redeliver\`). A batch holds 4 MiB of events at most,
or one event. Certificates are always checked.

${argumentTable({ entries: common }, { kind: 'its name', events: 'returns of jobs, or as told below' })}

${(await Promise.all(builtinReturners.names.map(section))).join('\n\n')}

## In the state tree

\`kind\` is the name of a file of \`_returners\` in the state tree of \`base\`, without its ending; one that is built in is not replaced. Its
default export is made by \`defineReturner\`: \`settings\` is a schema, and \`open\` is that of a file of your own.
[Write modules of your own](../guides/write-a-module.md#a-returner) has an example. It is taken from the tree as it is there, on the disk or of
git, and begins anew within a second when its code is another. While the tree has no such file, or one that can't be used, the returner is away: its
events wait in the log. **Loss.** As with a file of your own.

## A file of your own

\`kind\` is the path of a module (\`.mjs\`, \`.js\`, \`.ts\`), from \`reactor_dir\` on. Its default export has \`open(settings, {master, log})\`,
which gives \`{send(events, signal), close?()}\`; an event has \`seq\`, \`tag\`, \`data\`. \`settings\` is what config says beside the settings
above. \`send\` resolves when the far side has all of them; what it throws means that the same events are to come again, and with
\`refused: true\` on it that one of them will never be taken. **Loss.** At least once, in order: \`seq\` tells an event. It has a process of its own (128 MiB), which is killed when a batch
is not done two seconds after its \`timeout\`, and started again.
`;
