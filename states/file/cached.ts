import * as v from 'valibot';
import type { FileStep } from '../../lib/contracts/machine.ts';
import { alreadyRight, defineState, impossible } from '../../lib/contracts/state.ts';
import { digestOf, parseHash } from '../../lib/sources/content-hash.ts';
import { isWeb, withoutPassword } from '../../lib/sources/download.ts';
import { localSource } from '../../lib/sources/fetch-source.ts';
import { copyPath, keepSteps } from '../../lib/sources/source-copies.ts';
import { readSource, sourceComplaint } from '../../lib/sources/managed-source.ts';

const args = v.strictObject({
  name: v.string(),
  source_hash: v.optional(v.string()),
  source_hash_name: v.optional(v.string()),
  skip_verify: v.optional(v.boolean(), false),
  use_etag: v.optional(v.boolean(), false),
});

type Facts =
  | { readonly problem: string }
  /** What is here already counts. */
  | { readonly here: string }
  | {
      readonly copy: string;
      readonly content: Buffer;
      readonly old?: Buffer | undefined;
      readonly keep: readonly FileStep[];
    };

export default defineState<typeof args, Facts>({
  summary: "A copy of a file of elsewhere is among the minion's own.",
  example: `
https://example.org/app.tar.gz:
  file.cached:
    - source_hash: https://example.org/SHA256SUMS
`,
  args,
  reads: ['files'],
  check: ({ name, source_hash }) => sourceComplaint({ source: [{ url: name }], source_hash }),
  async read(given, machine) {
    const { name } = given;
    const local = localSource(name);
    if (local !== undefined && !machine.files.follow(local))
      return { problem: `File ${local} is not present on the minion` };
    const copy = copyPath(machine, name);
    const old = machine.files.follow(copy)?.kind === 'file' ? machine.files.read(copy) : undefined;
    const source = await readSource(
      { ...given, source: [{ url: name }], keep_source: true, verify_ssl: true },
      machine,
    );
    if (typeof source === 'string') return { problem: source };
    if (local !== undefined) return { here: local };
    const { content, keep = isWeb(name) ? [] : keepSteps(copy, content) } = source;
    return { copy, content, old, keep };
  },
  plan({ name, source_hash }, facts) {
    if ('problem' in facts) return impossible(facts.problem);
    if ('here' in facts) return alreadyRight(`File ${facts.here} is present on the minion`);
    const { copy, content, old, keep } = facts;
    const kind = parseHash(source_hash ?? '')?.kind ?? 'sha256';
    const digest = digestOf(kind, content);
    const isThere =
      source_hash === undefined ? `File is cached to ${copy}` : `File is already cached to ${copy} with hash ${digest}`;
    if (old?.equals(content)) return alreadyRight(isThere);
    return {
      changes: { hash: { old: old ? digestOf(kind, old) : null, new: digest } },
      comment: `File will be cached: ${withoutPassword(name)}`,
      done: `File is cached to ${copy}`,
      steps: keep,
    };
  },
});
