import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { defineState, type Plan } from '../../lib/contracts/state.ts';
import type { JsonMap } from '../../lib/json.ts';
import { byTls, fetchSource, sourceProblem } from '../../lib/sources/fetch-source.ts';
import { textOf } from '../../lib/text.ts';
import { commandArgs, planCommand, readCommand, reportCommand, type CommandFacts } from './command.ts';

const args = v.strictObject({
  ...commandArgs,
  source: v.optional(v.string()),
  args: v.optional(v.string()),
  template: v.optional(v.literal('handlebars', 'handlebars')),
  context: v.optional(v.record(v.string(), v.unknown())),
  defaults: v.optional(v.record(v.string(), v.unknown())),
});

type Args = v.InferOutput<typeof args>;

export default defineState<typeof args, CommandFacts>({
  summary:
    'A script of the state tree, of the machine or of a web server (https) is run; it has done its work when it ends with code 0.',
  example: `
install-app:
  cmd.script:
    - source: salt://app/install.sh
    - args: --quiet
    - creates: /opt/app
`,
  args,
  reads: ['files', 'accounts'],
  check: (given) => sourceProblem([sourceOf(given)], { web: 'https' }),
  needs: (given) => [sourceOf(given)].filter((url) => url.startsWith('salt://')),
  async templates(given, sources) {
    const name = sourceOf(given);
    if (given.template === undefined || !name.startsWith('salt://')) return [];
    return [{ name, text: textOf(await sources.read(name), name), context: contextOf(given) }];
  },
  async read(given, machine) {
    return { ...readCommand(given, machine), ...(await readScript(given, machine)) };
  },
  plan: planScript,
  report: (plan, results, given) => reportCommand(plan, results, given, "'"),
  refresh: planScript,
});

function planScript(given: Args, facts: CommandFacts): Plan {
  return planCommand(given, facts, `"$0" ${argumentsOf(given)}`, "'");
}

/** Without a source the name is one, with arguments after it. */
function sourceOf({ source, name }: Args): string {
  return source ?? name.split(/\s+/)[0] ?? name;
}

function argumentsOf({ args: given, name }: Args): string {
  return given ?? /^\S+\s+([\s\S]*)$/.exec(name)?.[1] ?? '';
}

async function readScript(given: Args, machine: Reading): Promise<{ script: Buffer } | { problem: string }> {
  const source = sourceOf(given);
  const found = await fetchSource(machine, [source], byTls);
  if (typeof found === 'string') return { problem: found };
  if (given.template === undefined) return { script: found.content };
  return { script: Buffer.from(machine.render(textOf(found.content, source), source, contextOf(given))) };
}

function contextOf({ defaults, context }: Args): JsonMap {
  // Both come out of YAML: they are plain data.
  return { ...defaults, ...context } as JsonMap;
}
