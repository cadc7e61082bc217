import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { isJsonMap, type JsonMap } from '../../lib/json.ts';
import { dataFunctions } from './data.ts';

const { items: raw, get, item, ls, keys } = dataFunctions('pillar', ({ pillar }) => pillar, false);

/** What the master tells this minion alone. */
export default defineModule({
  items: defineFunction({
    summary:
      'All pillar; as it would be with another map laid over it, or from other environments, where these are named.',
    args: v.strictObject({
      pillar: v.optional(v.custom<JsonMap>(isJsonMap, 'a map')),
      pillarenv: v.optional(v.string()),
      saltenv: v.optional(v.string()),
    }),
    sync: true,
    run({ pillar: override, pillarenv, saltenv }, context) {
      const isOwn = override === undefined && pillarenv === undefined && saltenv === undefined;
      return isOwn ? context.pillar : context.pillarFor({ override, pillarenv, saltenv });
    },
  }),
  data: raw,
  raw,
  get,
  item,
  ls,
  keys,
});
