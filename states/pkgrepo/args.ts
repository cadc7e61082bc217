import * as v from 'valibot';
import * as arg from '../../lib/argument-kinds.ts';
import { words } from './source.ts';

/* Arguments of pkgrepo, and what can be wrong with them. */

const commaList = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((given) => (typeof given === 'string' ? given.split(',') : given).flatMap(words)),
);

const keyId = v.pipe(
  v.string('a key id in quotes: without them YAML may take it for a number'),
  v.regex(/^(0x)?[0-9A-Fa-f]{8,64}$/, 'the last 8 or more hexadecimal digits of a fingerprint'),
  v.transform((id) => id.replace(/^0x/, '')),
);

const keyIds = v.pipe(
  v.union([keyId, v.array(keyId)]),
  v.transform((given) => [given].flat()),
);

const scalar = v.optional(arg.scalar);
const scalarOrList = v.optional(v.union([arg.scalar, v.array(arg.scalar)]));

/** What a repository of dnf can be told (dnf.conf(5)); written as it is. */
export const repoOptions = {
  baseurl: scalarOrList,
  mirrorlist: scalar,
  metalink: scalar,
  gpgkey: scalarOrList,
  gpgcheck: scalar,
  repo_gpgcheck: scalar,
  priority: scalar,
  cost: scalar,
  exclude: scalarOrList,
  excludepkgs: scalarOrList,
  includepkgs: scalarOrList,
  sslverify: scalar,
  sslcacert: scalar,
  sslclientcert: scalar,
  sslclientkey: scalar,
  skip_if_unavailable: scalar,
  metadata_expire: scalar,
  module_hotfixes: scalar,
  fastestmirror: scalar,
  proxy: scalar,
  username: scalar,
  password: scalar,
  type: scalar,
};

export const managedArgs = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  ppa: v.optional(v.string()),
  file: v.optional(arg.absolutePath),
  comps: v.optional(commaList),
  dist: v.optional(v.pipe(v.string(), v.regex(/^[^\s#[\]]+$/, 'the name of a release'))),
  architectures: v.optional(commaList),
  signedby: v.optional(v.pipe(v.string(), v.regex(/^[^\s#[\]]+$/, 'the path of a keyring, or a fingerprint'))),
  enabled: v.optional(v.union([v.boolean(), v.picklist([0, 1])])),
  disabled: v.optional(v.union([v.boolean(), v.picklist([0, 1])])),
  comments: v.optional(v.pipe(arg.textList, v.array(v.pipe(v.string(), v.regex(/^[^\r\n]*$/, 'one line'))))),
  keyid: v.optional(keyIds),
  keyserver: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9[][\w.:/[\]-]*$/, 'the address of a key server'))),
  key_url: v.optional(v.string()),
  key_text: v.optional(v.string()),
  allow_insecure_key: arg.flag(true),
  clean_file: arg.flag(false),
  refresh: v.optional(v.boolean()),
  refresh_db: v.optional(v.boolean()),
  // The one shared keyring of apt-key is on its way out of apt: each key has a file of its own.
  aptkey: v.optional(v.boolean()),
  humanname: v.optional(v.string()),
  ...repoOptions,
});

export type ManagedArgs = v.InferOutput<typeof managedArgs>;

export const absentArgs = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1)),
  ppa: v.optional(v.string()),
  keyid: v.optional(keyId),
  refresh: v.optional(v.boolean()),
});

/** Salt's rules between arguments. */
export function checkManaged(args: ManagedArgs): string | undefined {
  const { key_url: url, key_text: text, keyid, keyserver } = args;
  if (url !== undefined && (keyid ?? keyserver) !== undefined)
    return 'You may not use both "keyid"/"keyserver" and "key_url" argument.';
  if (text !== undefined && (keyid ?? keyserver) !== undefined)
    return 'You may not use both "keyid"/"keyserver" and "key_text" argument.';
  if (text !== undefined && url !== undefined) return 'You may not use both "key_url" and "key_text" argument.';
  if (args.ppa === undefined && (keyid === undefined) !== (keyserver === undefined))
    return 'both keyserver and keyid options required.';
  if (args.enabled !== undefined && args.disabled !== undefined) return 'Only one of enabled/disabled is allowed';
  if (url?.startsWith('http:') === true && !args.allow_insecure_key)
    return "key_url is not to be fetched over http while 'allow_insecure_key' is false: give one of https";
  return checkPpa(args.ppa);
}

export function checkPpa(ppa: string | undefined): string | undefined {
  return ppa === undefined || /^[a-z0-9][a-z0-9.+-]*\/[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(ppa)
    ? undefined
    : `ppa ${JSON.stringify(ppa)} is no owner and name of an archive, such as deadsnakes/ppa`;
}

/** Whether it is to be used. */
export function isWanted({ enabled, disabled }: ManagedArgs): boolean {
  return disabled === undefined ? Boolean(enabled ?? true) : !disabled;
}
