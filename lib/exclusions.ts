import * as v from 'valibot';

/** What a state run leaves out: a state file, by name or glob, or the states with an id. */
export type Exclusion = { readonly sls: string } | { readonly id: string };

const expected = "names of state files, or a list of them, of '{sls: NAME}' and '{id: ID}'";
const byName = v.pipe(
  v.string(),
  v.transform((sls): Exclusion => ({ sls })),
);

/**
 * Salt's argument `exclude`: names of state files, with commas or as a list, in which `{id: ...}` leaves out states. Gives a
 * list of maps.
 */
export const exclusions = v.union(
  [
    v.pipe(
      v.string(),
      v.transform((text) =>
        text
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
          .map((sls): Exclusion => ({ sls })),
      ),
    ),
    v.array(v.union([byName, v.strictObject({ sls: v.string() }), v.strictObject({ id: v.string() })])),
  ],
  expected,
);
