import * as v from 'valibot';
import { accountName, accountNames, accountNumber } from '../../lib/system/account-names.ts';

const path = v.pipe(v.string(), v.regex(/^\/[^:\r\n\0]*$/, 'an absolute path without a colon'));
const days = v.pipe(v.number(), v.integer(), v.minValue(-1));

/** A field of an account's comment: YAML may make a number of it. */
const field = v.pipe(
  v.union([v.string(), v.number()], 'text'),
  v.transform(String),
  v.regex(/^[^:,\r\n]*$/, 'text without commas, colons and line ends'),
);

const lastField = v.pipe(
  v.union([v.string(), v.number()], 'text'),
  v.transform(String),
  v.regex(/^[^:\r\n]*$/, 'text without colons and line ends'),
);

/** The arguments of user.present. */
export const userArgs = v.strictObject({
  name: accountName,
  uid: v.optional(accountNumber),
  gid: v.optional(v.union([accountNumber, accountName], 'the name or number of a group')),
  usergroup: v.optional(v.boolean()),
  groups: v.optional(accountNames),
  optional_groups: v.optional(accountNames),
  remove_groups: v.optional(v.boolean(), true),
  home: v.optional(path),
  createhome: v.optional(v.boolean(), true),
  /** A hash, or with `hash_password` the password itself. */
  password: v.optional(v.string()),
  hash_password: v.optional(v.boolean(), false),
  enforce_password: v.optional(v.boolean(), true),
  empty_password: v.optional(v.boolean(), false),
  password_lock: v.optional(v.boolean()),
  shell: v.optional(path),
  unique: v.optional(v.boolean(), true),
  system: v.optional(v.boolean(), false),
  fullname: v.optional(field),
  roomnumber: v.optional(field),
  workphone: v.optional(field),
  homephone: v.optional(field),
  other: v.optional(lastField),
  date: v.optional(days),
  mindays: v.optional(days),
  maxdays: v.optional(days),
  inactdays: v.optional(days),
  warndays: v.optional(days),
  expire: v.optional(days),
  nologinit: v.optional(v.boolean(), false),
  allow_uid_change: v.optional(v.boolean(), false),
  allow_gid_change: v.optional(v.boolean(), false),
});

export type UserArgs = v.InferOutput<typeof userArgs>;

/** Complaints never quote a password. */
export function checkUserArgs({ password, hash_password: clear, empty_password: empty }: UserArgs): string | undefined {
  if (password === undefined || empty) return undefined;
  if (/[\r\n\0]/.test(password)) return 'password has to be one line';
  if (!clear && password.includes(':')) return 'password has to be a hash, which has no colon in it';
  return undefined;
}
