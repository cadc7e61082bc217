import type { Step } from '../../lib/contracts/machine.ts';
import type { ShadowLine } from '../../lib/system/account-files.ts';
import type { UserArgs } from './args.ts';

type Days = 'date' | 'mindays' | 'maxdays' | 'inactdays' | 'warndays' | 'expire';

/** An argument of user.present, the field of shadow(5) it is about, Salt's name for that, and the option of chage(1). */
const fields: readonly (readonly [Days, keyof ShadowLine, string, string])[] = [
  ['date', 'changed', 'lstchg', '-d'],
  ['mindays', 'min', 'min', '-m'],
  ['maxdays', 'max', 'max', '-M'],
  ['inactdays', 'inactive', 'inact', '-I'],
  ['warndays', 'warn', 'warn', '-W'],
  ['expire', 'expire', 'expire', '-E'],
];

/** The days of a password's life that are to change. */
export function planAging(
  given: UserArgs,
  line: ShadowLine | undefined,
): { readonly argument: Days; readonly key: string; readonly option: string; readonly value: number }[] {
  return fields.flatMap(([argument, field, key, option]) => {
    const value = given[argument];
    return value === undefined || value === line?.[field] ? [] : [{ argument, key, option, value }];
  });
}

export function agingSteps(name: string, aging: ReturnType<typeof planAging>): Step[] {
  if (aging.length === 0) return [];
  const options = aging.flatMap(({ option, value }) => [option, String(value)]);
  return [{ do: 'run', command: { argv: ['chage', ...options, '--', name] }, must: true }];
}
