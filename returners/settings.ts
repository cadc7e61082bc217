import * as v from 'valibot';

/* Settings that several returners have. Messages tell no value: there may be a secret in it. */

const urlWords = 'an address that starts with http:// or https://, without a name and a password in it';
export const url = v.pipe(
  v.string(urlWords),
  v.check((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    return /^https?:$/.test(parsed?.protocol ?? '') && parsed?.username === '' && parsed.password === '';
  }, urlWords),
);

const nameWords = 'a name';
export const name = v.pipe(v.string(nameWords), v.nonEmpty(nameWords));

const fileWords = 'the path of a file, from / on';
export const file = v.pipe(v.string(fileWords), v.startsWith('/', fileWords));

const portWords = 'a port (1 to 65535)';
export const port = v.pipe(
  v.number(portWords),
  v.integer(portWords),
  v.minValue(1, portWords),
  v.maxValue(65_535, portWords),
);

/** What every returner takes in config. */
export const common = {
  kind: v.optional(v.pipe(v.string('a kind of returner, or a file'), v.nonEmpty('a kind of returner, or a file'))),
  events: v.optional(
    v.pipe(
      v.union([v.array(v.string()), v.string()], 'a tag glob, or a list of them'),
      v.transform((tags) => [tags].flat()),
      v.nonEmpty('a tag glob, or a list of them'),
    ),
  ),
  batch: v.optional(
    v.pipe(
      v.number('a whole number from 1 to 10000'),
      v.integer('a whole number from 1 to 10000'),
      v.minValue(1, 'a whole number from 1 to 10000'),
      v.maxValue(10_000, 'a whole number from 1 to 10000'),
    ),
    500,
  ),
  timeout: v.optional(
    v.pipe(
      v.number('a number of seconds from 1 to 3600'),
      v.minValue(1, 'a number of seconds from 1 to 3600'),
      v.maxValue(3600, 'a number of seconds from 1 to 3600'),
    ),
    30,
  ),
};
