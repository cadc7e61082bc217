import * as v from 'valibot';

/* What may be the name of a user or a group in arguments of states: nothing that a tool takes for an option, a number or a list. */

const pattern = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,30}[A-Za-z0-9_.@$-]?$/;

export function isAccountName(text: string): boolean {
  return pattern.test(text) && !/^[0-9.]+$/.test(text);
}

const expected = 'a name: up to 32 letters, digits and _ . @ -, not digits alone';

export const accountName = v.pipe(v.string(expected), v.check(isAccountName, expected));

/** A list of names; one name is a list of one. */
export const accountNames = v.pipe(
  v.union([accountName, v.array(accountName)], `${expected}; or a list of such names`),
  v.transform((given) => (typeof given === 'string' ? [given] : given)),
);

/** The number of a user or group, also as text. */
export const accountNumber = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))], 'a number'),
  v.integer('a whole number'),
  v.minValue(0, 'a number that is not negative'),
  v.maxValue(4_294_967_294, 'a number below 4294967295'),
);
