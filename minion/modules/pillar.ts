import { defineModule } from '../../lib/contracts/execution.ts';
import { dataFunctions } from './data.ts';

/** What the master tells this minion alone. */
const { items, get, item, ls, keys } = dataFunctions('pillar', ({ pillar }) => pillar, false);

export default defineModule({ items, data: items, raw: items, get, item, ls, keys });
