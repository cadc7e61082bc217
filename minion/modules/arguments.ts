import * as v from 'valibot';

/* Arguments that functions of several modules take. */

/** Any value; what arrives has come out of YAML or a message and is plain data. */
export const anything = v.unknown();

export { absolutePath as path } from '../../lib/argument-kinds.ts';
