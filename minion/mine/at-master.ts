import type { Mine } from '../../lib/contracts/mine.ts';
import { isMap, type JsonMap } from '../../lib/json.ts';
import { gathering } from '../../lib/mine/names.ts';
import type { Ask } from '../fetched-files.ts';

/** The mine at the master. Each question may be asked twice: what was told once is there as if it was. */
export function mineAtMaster(ask: Ask): Mine {
  return {
    async tell(entries, clear) {
      await ask('mine.tell', { entries: { ...entries } as unknown as JsonMap, clear });
    },
    async forget(name) {
      await ask('mine.forget', { name });
    },
    async forgetAll() {
      await ask('mine.forget', {});
    },
    async ask({ tgt, tgt_type, names }) {
      const all = gathering();
      for (let after: string | undefined = ''; after !== undefined;) {
        const { found, more } = await ask('mine.ask', { tgt, tgt_type, names: [...names], after });
        for (const [name, values] of Object.entries(isMap(found) ? (found as JsonMap) : {}))
          for (const [id, value] of Object.entries(isMap(values) ? (values as JsonMap) : {})) all.add(name, id, value);
        after = typeof more === 'string' ? more : undefined;
      }
      return all.answer();
    },
  };
}
