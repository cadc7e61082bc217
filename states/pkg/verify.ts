import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import type { Wanted } from './wanted.ts';

/** `pkg_verify`: yes, or what not to mind. */
export const verification = v.union([
  v.boolean(),
  v.array(v.strictObject({ ignore_types: v.array(v.picklist(['config'])) })),
]);

type Verification = v.InferOutput<typeof verification>;

/**
 * Files of packages that are installed and differ from what was delivered. Configuration files are there to be changed:
 * they count only where the package's own are to come back (`force_conf_new`).
 */
export async function whatIsAltered(
  verify: Verification,
  newConfig: boolean | undefined,
  wanted: readonly Wanted[],
  { packages }: Reading,
): Promise<Record<string, Record<string, string>>> {
  const present = wanted.map(({ name }) => name).filter((name) => packages.installed(name)?.state === 'installed');
  const altered = await packages.altered(present);
  const minded = newConfig === true && verify === true;
  const found = [...altered].map(([name, files]) => {
    const counting = Object.entries(files).filter(([, how]) => minded || !how.endsWith('(config)'));
    return [name, Object.fromEntries(counting)] as const;
  });
  return Object.fromEntries(found.filter(([, files]) => Object.keys(files).length > 0));
}
