import type { JobOutcome, ReactorContext, ReactorFactory } from '../lib/contracts/reactor.ts';
import type { InstanceState } from '../lib/contracts/instances.ts';
import { isMinionId } from '../lib/ids.ts';
import { isMap } from '../lib/json.ts';
import { remoteRegistry } from './http-registry.ts';

/** States of an instance in which it is configured on each start. */
const unready: readonly InstanceState[] = ['launched', 'starting', 'configuring'];

/**
 * Configures a machine that has started: sends it `state.highstate` until it has it, and tells the registry how it went.
 * Config: `auth.registry`, `start_reactor` (`starting`: only machines being launched; `always`: every minion that starts).
 */
const start: ReactorFactory = ({ config }) => {
  const remote = remoteRegistry(config);
  return {
    name: 'start',
    summary: 'applies the highstate to a machine that has started',
    // Each waits for its highstate's end.
    atOnce: 10_000,
    // A highstate may install much; the minion's next start waits for this one's end.
    timeoutMs: 24 * 60 * 60 * 1_000,
    retry: { tries: 100, firstMs: 1_000, longestMs: 60_000 },
    async react({ data }, context) {
      const { id } = data;
      if (!isMinionId(id)) return { skipped: 'the event names no minion' };
      const ours = await context.instances.find(id);
      const instance = ours ?? (await remote?.find(id, context.signal));
      const enrolling = instance !== undefined && unready.includes(instance.state);
      if (!enrolling && config['start_reactor'] !== 'always') {
        return { skipped: instance ? `the machine is ${instance.state}` : 'not a machine we launched' };
      }
      if (enrolling && ours && ours.state !== 'configuring') {
        await context.instances.moved(id, 'configuring', 'the minion has started');
      }
      const jid = await deliver(id, context);
      // Another registry finds out for itself.
      if (!enrolling || !ours) return undefined;
      const problem = problemOf(await context.outcome(jid, id));
      await context.instances.ran(id, { jid, success: !problem, reason: problem ?? 'the highstate succeeded' });
      await context.instances.moved(id, problem ? 'failed' : 'ready', problem ?? 'the highstate succeeded');
      return undefined;
    },
  };
};

export default start;

/** Publishes the highstate until one is in the minion's hands. Gives that job's jid. */
async function deliver(id: string, context: ReactorContext): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const { jid } = await context.publish(`highstate ${attempt}`, {
      tgt: [id],
      tgt_type: 'list',
      fun: 'state.highstate',
    });
    if (await context.delivered(jid, id)) return jid;
    context.log('info', 'a highstate did not reach its minion and is sent again', { id, jid, attempt });
  }
}

/** What is wrong with a highstate's outcome, as a sentence; undefined when it went well. */
export function problemOf(outcome: JobOutcome): string | undefined {
  if (outcome.state !== 'returned')
    return `the highstate is ${outcome.state}: ${outcome.reason ?? 'no reason is known'}`;
  const { return: answer } = outcome;
  if (Array.isArray(answer)) {
    const first = answer.find((line) => typeof line === 'string');
    return `the states do not compile: ${brief(first ?? 'no reason was given')}`;
  }
  if (isMap(answer)) {
    const failed = Object.values(answer).filter((state) => isMap(state) && state['result'] === false);
    const [first] = failed;
    if (isMap(first)) {
      const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
      return `${textOf(first['__id__'])} failed: ${brief(textOf(first['comment']))}${others}`;
    }
  }
  if (outcome.success === false || (outcome.retcode ?? 0) !== 0) {
    return `the highstate ended with code ${outcome.retcode ?? 1}: ${brief(textOf(answer))}`;
  }
  return undefined;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const brief = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}...` : text);
