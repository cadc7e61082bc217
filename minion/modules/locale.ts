import * as v from 'valibot';
import { defineFunction, defineModule } from '../../lib/contracts/execution.ts';
import { installedLocales, sameLocale, systemLocale } from '../../lib/system/locales.ts';

/** Languages that programs speak. */
export default defineModule({
  get_locale: defineFunction({
    summary: 'The locale of the system; empty when nobody has set it.',
    args: v.strictObject({}),
    sync: true,
    run: (_, { machine }) => systemLocale(machine.files),
  }),
  list_avail: defineFunction({
    summary: 'The locales that programs can use.',
    args: v.strictObject({}),
    run: (_, { machine }) => installedLocales(machine),
  }),
  avail: defineFunction({
    summary: 'Whether programs can use a locale.',
    args: v.strictObject({ locale: v.string() }),
    run: async ({ locale }, { machine }) => (await installedLocales(machine)).some((name) => sameLocale(name, locale)),
  }),
});
