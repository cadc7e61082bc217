import type { Reactor } from '../../../lib/contracts/reactor.ts';
import type { RenderPool } from '../../pool/render-pool.ts';
import type { Reaction } from './reactions.ts';

/** A reactor that does what a YAML file says. `file` is read anew for each event. */
export function slsReactor(file: string, pool: RenderPool): Reactor {
  return {
    name: file,
    summary: 'a YAML reactor file',
    timeoutMs: 300_000,
    retry: { tries: 6, firstMs: 1_000, longestMs: 60_000 },
    async react({ tag, data }, context) {
      // The child runs our own program, which answers with nothing else.
      const reactions = (await pool.run(file, 'reactions', { file, tag, data })) as Reaction[];
      for (const [index, { id, client, fun, arg, kwarg, tgt, tgt_type }] of reactions.entries()) {
        if (client === 'local') await context.publish(id, { tgt, tgt_type, fun, arg, kwarg });
        // Nothing comes after the last one that could fail: the record of the delivery keeps it from being called again.
        else if (index === reactions.length - 1) await context.call(client, fun, kwarg, arg, id);
        // A redelivery does not call again what has answered.
        else {
          await context.once(id, async () => {
            await context.call(client, fun, kwarg, arg, id);
            // Nobody asks what it answered.
            return true;
          });
        }
      }
      return reactions.length === 0 ? { skipped: 'the file has no reaction to this event' } : undefined;
    },
  };
}
