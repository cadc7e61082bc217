import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { contentDiff } from '../../lib/diff.ts';
import type { JsonMap } from '../../lib/json.ts';
import { fetchSource, sourceProblem } from '../../lib/sources/fetch-source.ts';
import { textOf } from '../../lib/text.ts';
import { install, readTab, user, type TabFacts } from './tab.ts';

const args = v.strictObject({
  /** The source. */
  name: v.string(),
  user,
  replace: v.optional(v.boolean(), true),
  template: v.optional(v.literal('handlebars', 'handlebars')),
  context: v.optional(v.record(v.string(), v.unknown())),
  defaults: v.optional(v.record(v.string(), v.unknown())),
});

interface Facts extends TabFacts {
  readonly wanted: string;
}

export default defineState<typeof args, Facts>({
  summary: "A user's crontab is this file.",
  example: `
salt://crontabs/root:
  cron.file:
    - user: root
`,
  args,
  reads: ['files', 'accounts'],
  check: ({ name }) => sourceProblem([name]),
  needs: ({ name }) => (name.startsWith('salt://') ? [name] : []),

  async read(given, machine) {
    const facts = readTab(given, machine);
    const { name, template, context, defaults } = given;
    const found = await fetchSource(machine, [name]);
    if (typeof found === 'string') return { ...facts, problem: found, wanted: '' };
    const text = textOf(found.content, name);
    // Both come out of YAML: they are plain data.
    const data = { ...defaults, ...context } as JsonMap;
    const wanted = template === undefined ? text : machine.render(text, name, data);
    return { ...facts, wanted: wanted === '' || wanted.endsWith('\n') ? wanted : `${wanted}\n` };
  },

  plan({ user: owner, replace }, { problem, tab, wanted }) {
    if (problem !== undefined) return impossible(problem);
    if (!replace && tab.text !== '') return alreadyRight(`User ${owner} already has a crontab. No changes made`);
    if (tab.text === wanted) return alreadyRight(`Crontab for user ${owner} is in the correct state`);
    return {
      changes: { diff: contentDiff(Buffer.from(tab.text), Buffer.from(wanted)) },
      comment: `Crontab for user ${owner} is set to be changed`,
      done: `Crontab for user ${owner} was updated`,
      steps: [install(owner, tab, wanted)],
    };
  },
});
