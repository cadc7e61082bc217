import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { Reading } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { lacking } from '../../lib/programs.ts';
import { keyKind, kindInside } from '../../lib/system/ssh-keys.ts';
import {
  describeHostKey,
  hasFingerprint,
  hashedHost,
  hostKeyText,
  hostPattern,
  isFingerprint,
  parseHostKey,
  type HostKey,
} from './entries.ts';
import { checkPlace, entriesOf, hostArgs, linesWithout, readKnownHosts, writeHosts, type KnownHosts } from './file.ts';

const args = v.strictObject({
  ...hostArgs,
  key: v.optional(v.string()),
  fingerprint: v.optional(v.pipe(v.string(), v.check(isFingerprint, 'a fingerprint, such as SHA256:... or aa:bb:...'))),
  enc: v.optional(
    v.pipe(
      v.string(),
      v.check((text) => keyKind(text) !== undefined, 'a kind of key, such as ed25519'),
    ),
  ),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))),
  hash_known_hosts: v.optional(v.boolean(), true),
  /** Seconds. */
  timeout: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(3600)), 5),
  fingerprint_hash_type: v.optional(v.picklist(['md5', 'sha1', 'sha256', 'sha384', 'sha512'])),
});

type Args = v.InferOutput<typeof args>;

interface Facts {
  readonly problem?: string;
  readonly file?: KnownHosts;
  readonly known: readonly HostKey[];
  /** The keys that the file is to have for the host; undefined when those it has will do. */
  readonly wanted?: readonly HostKey[] | undefined;
  /** What the name is hashed with: other bytes for each line. */
  readonly salts: readonly Buffer[];
}

export default defineState<typeof args, Facts>({
  summary: "A host's key is known to a user, or to everybody, so that ssh asks nobody about it.",
  example: `
github.com:
  ssh_known_hosts.present:
    - user: root
    - enc: ed25519
    - key: AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
`,
  args,
  reads: ['files', 'accounts'],

  check(given) {
    const { key, fingerprint } = given;
    if (key !== undefined && fingerprint !== undefined) return 'Specify either "key" or "fingerprint", not both.';
    if (key !== undefined && kindInside(key) === undefined) return "'key' has to be a public key of SSH in base64";
    return checkPlace(given);
  },

  async read(given, machine) {
    const file = readKnownHosts(given, machine);
    if (typeof file === 'string') return { problem: file, known: [], salts: [] };
    const known = entriesOf(file, hostPattern(given.name, given.port));
    const wanted = await wantedKeys(given, known, machine);
    if (typeof wanted === 'string') return { problem: wanted, file, known, salts: [] };
    return { file, known, wanted, salts: (wanted ?? []).map(() => randomBytes(20)) };
  },

  plan(given, { problem, file, known, wanted, salts }) {
    const { name, port, hash_known_hosts: hashed } = given;
    if (problem !== undefined || !file) return impossible(problem ?? `the file for ${name} is not known`);
    const { config } = file;
    if (!wanted) return alreadyRight(`${name} already exists in ${config}`);
    const pattern = hostPattern(name, port);
    const enc = given.enc === undefined ? undefined : keyKind(given.enc);
    const fresh = wanted.map((entry, at) =>
      hostKeyText({ ...entry, hostname: hashed ? hashedHost(pattern, salts[at] ?? Buffer.alloc(20)) : pattern }),
    );
    const [what, details] =
      given.key !== undefined
        ? ['key', ` (key: ${given.key})`]
        : given.fingerprint !== undefined
          ? ['key', ` (fingerprint: ${given.fingerprint})`]
          : ['key(s)', ''];
    return {
      changes: { old: known.length === 0 ? null : known.map(describeHostKey), new: wanted.map(describeHostKey) },
      comment: `Key for ${name} is set to be ${known.length === 0 ? 'added to' : 'updated in'} ${config}`,
      done: `${name}'s ${what} saved to ${config}${details}`,
      steps: writeHosts(file, [...linesWithout(file, pattern, enc), ...fresh]),
    };
  },
});

/** Undefined when the known ones will do, a sentence when the host's keys can't be had. */
async function wantedKeys(
  given: Args,
  known: readonly HostKey[],
  machine: Reading,
): Promise<readonly HostKey[] | string | undefined> {
  const { name: hostname, key, fingerprint } = given;
  const asked = given.enc === undefined ? undefined : keyKind(given.enc);
  const ofKind = known.filter(({ enc }) => asked === undefined || enc === asked);
  if (key !== undefined) {
    if (ofKind.some((entry) => entry.key === key)) return undefined;
    return [{ hostname, key, enc: asked ?? kindInside(key) ?? '' }];
  }
  if (fingerprint !== undefined && known.some((entry) => hasFingerprint(entry, fingerprint))) return undefined;
  const scanned = await scan(given, asked, machine);
  if (typeof scanned === 'string') return scanned;
  if (fingerprint !== undefined) {
    // Of what an unknown host offers only that is taken which is vouched for.
    const right = scanned.filter((entry) => hasFingerprint(entry, fingerprint));
    return right.length > 0
      ? right
      : 'Remote host public keys found but none of their fingerprints match the one you have provided';
  }
  const stored = new Set(ofKind.map((entry) => entry.key));
  const same = scanned.length === stored.size && scanned.every((entry) => stored.has(entry.key));
  return same ? undefined : scanned;
}

async function scan(
  { name, port, timeout }: Args,
  enc: string | undefined,
  { files, processes }: Reading,
): Promise<HostKey[] | string> {
  const missing = lacking(files, 'ssh-keyscan', `Asking ${name} for its keys`, 'openssh-client');
  if (missing !== undefined) return missing;
  const options = [
    ...(port === undefined ? [] : ['-p', String(port)]),
    // It has short names for some kinds only.
    ...(enc === undefined ? [] : ['-t', enc.replace(/^ssh-/, '').replace(/^ecdsa-sha2-.*/, 'ecdsa')]),
  ];
  const argv = ['ssh-keyscan', ...options, '-T', String(timeout), '--', name];
  const { stdout, stderr } = await processes.run({ argv, timeoutMs: (timeout + 10) * 1000 });
  const found = stdout
    .split('\n')
    .map(parseHostKey)
    .filter((entry): entry is HostKey => entry !== undefined && (enc === undefined || entry.enc === enc))
    .map((entry) => ({ ...entry, hostname: name }));
  const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return found.length > 0 ? found : ['Unable to receive remote host keys', ...said.slice(-1)].join(': ');
}
