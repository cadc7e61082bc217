import { defineModule } from '../../lib/contracts/execution.ts';
import { dataFunctions } from './data.ts';

/** What the minion knows of its machine. */
const { items, get, item, ls, has_key } = dataFunctions('grains', ({ grains }) => grains, true);

export default defineModule({ items, get, item, ls, has_key });
