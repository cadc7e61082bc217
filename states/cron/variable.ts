import * as v from 'valibot';

export const variableName = v.pipe(
  v.string(),
  v.trim(),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable of the environment'),
);
