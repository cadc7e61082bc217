import * as v from 'valibot';

/* Arguments that functions of several modules take. */

/** Any value; what arrives has come out of YAML or a message and is plain data. */
export const anything = v.unknown();

export const path = v.pipe(
  v.string(),
  v.check((text) => text.startsWith('/') && !text.includes('\0'), 'an absolute path is expected'),
);
