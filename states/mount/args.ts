import * as v from 'valibot';

/* Arguments that functions of mount take. */

export const place = v.pipe(
  v.string(),
  v.regex(/^\/[^\r\n\0]*$/, 'an absolute path'),
  v.transform((path) => (path === '/' ? path : path.replace(/\/+$/, ''))),
);

/** A node, `UUID=...`, `host:/path`, or a word such as tmpfs: nothing that a command takes for an option. */
export const device = v.pipe(v.string(), v.regex(/^[^-\s#][^\r\n\0]*$/, 'a device'));

export const fstype = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.,-]*$/, 'the kind of a file system, such as ext4'),
);

/** A list, or words with commas between; given with commas. */
export const opts = v.optional(
  v.pipe(
    v.union([v.string(), v.array(v.union([v.string(), v.number()]))]),
    v.transform((given) => (Array.isArray(given) ? given.join(',') : given)),
    v.regex(/^[^\s-][^\s]*$/, 'options with commas between them and no blanks'),
  ),
  'defaults',
);

export const number = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0);

export const config = v.optional(v.pipe(v.string(), v.startsWith('/', 'an absolute path')), '/etc/fstab');

export const words = v.optional(
  v.pipe(
    v.union([v.string(), v.array(v.string())]),
    v.transform((given) => (typeof given === 'string' ? given.split(',') : given)),
  ),
  [],
);

/** What an entry of fstab is found by. */
export const matchOn = v.optional(
  v.pipe(
    v.union([
      v.picklist(['auto', 'name', 'device', 'fstype', 'opts']),
      v.array(v.picklist(['name', 'device', 'fstype', 'opts'])),
    ]),
    // A place has one file system; a device may well be at several places.
    v.transform((given) => (given === 'auto' ? ['name' as const] : [given].flat())),
  ),
  'auto',
);
