import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible, type Plan } from '../../lib/contracts/state.ts';
import {
  control,
  controlArgs,
  controlStep,
  isUp,
  matching,
  readStatus,
  reportControl,
  type Status,
} from './control.ts';

const args = v.strictObject({
  ...controlArgs,
  /** Restarts it each time. */
  restart: v.optional(v.boolean(), false),
  /** Has supervisord take changes of its configuration first. */
  update: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof args>;

interface Facts extends Status {
  /** What supervisord's configuration has that it does not run by: lines such as `app: available`. */
  readonly news: readonly string[];
}

export default defineState<typeof args, Facts>({
  summary: 'A program of supervisord runs; one that is new in its configuration is added. Watching, it is restarted.',
  example: `
app:
  supervisord.running:
    - update: true
`,
  args,
  reads: ['files', 'services'],
  async read(given, machine) {
    const status = await readStatus(given, machine);
    const asks = status.problem === undefined && (given.update || matching(status, given.name).length === 0);
    return { ...status, news: asks ? await newsOf(given, status, machine) : [] };
  },
  plan: (given, facts) => plan(given, facts, given.restart),
  report: reportControl,
  refresh: (given, facts) => plan(given, facts, true),
});

/** `reread` has supervisord look at its configuration, and changes nothing that runs. */
async function newsOf(given: Args, { program }: Status, machine: Reading): Promise<readonly string[]> {
  const { stdout } = await machine.ask(control(given, program, 'reread'));
  return stdout.split('\n').filter((line) => /^\S+: (?:available|changed|disappeared)$/.test(line));
}

function plan(given: Args, facts: Facts, restart: boolean): Plan {
  const { name, update } = given;
  if (facts.problem !== undefined) return impossible(facts.problem);
  const isGroup = name.endsWith(':');
  const found = matching(facts, name);
  const group = name.split(':')[0] ?? name;
  const isNew = facts.news.includes(`${group}: available`);
  const what = isGroup ? `Group '${name}'` : `Service ${name}`;
  if (found.length === 0 && !isNew) return impossible(`${what} is not in the configuration of supervisord`);
  const kind = found.length === 0 ? '' : isGroup ? ' group' : ' service';
  const down = found.filter((one) => !isUp(one));
  const names = found.length === 0 ? [name] : found.map((one) => one.name);
  const steps = [];
  const did: string[] = [];
  if (update && facts.news.length > 0) {
    steps.push(controlStep(given, facts, 'RUNNING', names, 'update'));
    did.push('Updating supervisor');
  } else if (found.length === 0) {
    steps.push(controlStep(given, facts, 'RUNNING', names, 'add', group));
    did.push(`Adding service: ${name}`);
  }
  // An update stops what has changed, and starts only what starts by itself.
  const isUpdated = update && facts.news.includes(`${group}: changed`);
  if (found.length === 0 || down.length > 0 || isUpdated) {
    steps.push(controlStep(given, facts, 'RUNNING', names, 'start', name));
    did.push(`Starting${kind}: ${name}`);
  } else if (restart) {
    steps.push(controlStep(given, facts, 'RUNNING', names, 'restart', name));
    did.push(`Restarting${kind}: ${name}`);
  }
  if (steps.length === 0)
    return alreadyRight(
      isGroup ? `All services in group '${name}' are already running` : `Service ${name} is already running`,
    );
  const will =
    found.length === 0 ? 'added and started' : down.length > 0 ? 'started' : restart ? 'restarted' : 'updated';
  return {
    changes: { [name]: did.join(' ') },
    comment: `${what} will be ${will}`,
    done: did.at(-1) ?? '',
    steps,
  };
}
