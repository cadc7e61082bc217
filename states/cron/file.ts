import * as v from 'valibot';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { contentDiff } from '../../lib/diff.ts';
import type { JsonMap } from '../../lib/json.ts';
import { readSource, sourceComplaint } from '../../lib/sources/managed-source.ts';
import { textOf } from '../../lib/text.ts';
import { install, readTab, user, type TabFacts } from './tab.ts';

const args = v.strictObject({
  /** The source. */
  name: v.string(),
  user,
  source_hash: v.optional(v.string()),
  source_hash_name: v.optional(v.string()),
  replace: v.optional(v.boolean(), true),
  template: v.optional(v.literal('handlebars', 'handlebars')),
  context: v.optional(v.record(v.string(), v.unknown())),
  defaults: v.optional(v.record(v.string(), v.unknown())),
});

/** Salt's rule: what comes from a web server has to have a hash. */
const byHash = { skip_verify: false, keep_source: false, verify_ssl: true, use_etag: false };

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
  check: (given) => sourceComplaint({ ...given, source: [{ url: given.name }] }),
  needs: ({ name }) => (name.startsWith('salt://') ? [name] : []),

  async read(given, machine) {
    const facts = readTab(given, machine);
    const { name, template, context, defaults } = given;
    const found = await readSource({ ...byHash, ...given, source: [{ url: name }] }, machine);
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
