import { accessErrors } from '../../lib/errors/access.ts';
import type { TsaltError } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { ANYONE, readOperators } from '../../lib/operators/read.ts';
import type { Nodegroups, TargetFacts } from '../../lib/target/target.ts';
import { ed25519PublicKey, fingerprintOf } from '../../wire/keys.ts';
import { readyRule, refusalOf, type Deed, type ReadyRule } from './rules.ts';

/** An operator as a connection has shown it: by one of their keys. */
export interface Proven {
  readonly name: string;
  /** In hex. */
  readonly key: string;
}

export interface Operators {
  /** False: none are named, and who can open the control socket may do anything. */
  readonly isOn: boolean;
  /** Whose key it is. Raises `TS_ACCESS_UNKNOWN_KEY`. */
  ofKey(publicKey: Buffer): Proven;
  /** Whether they are an operator still, with that key. */
  isStill(proven: Proven): boolean;
  /** Why they may not; undefined when they may. Without one: whoever has shown no key. */
  refusal(proven: Proven | undefined, deed: Deed): TsaltError | undefined;
  /** Takes another config in place of this one. Raises what is wrong with it; then all is as it was. */
  replace(written: JsonMap): readonly string[];
}

interface Named {
  readonly keys: ReadonlySet<string>;
  readonly rules: readonly ReadyRule[];
}

/**
 * The named operators. Raises `TS_TARGET_...` for a rule that names a group which is not there, and
 * `TS_WIRE_KEY_WEAK`.
 */
export function operatorsOf(written: JsonMap, nodegroups: Nodegroups, factsOf: (id: string) => TargetFacts): Operators {
  let named = read(written);
  const isOn = named.size > 0;

  /** The option's own check has found every other mistake. */
  function read(config: JsonMap): ReadonlyMap<string, Named> {
    return new Map(
      readOperators(config).operators.map(({ name, keys, rules }) => {
        for (const key of keys) ed25519PublicKey(key);
        const ready = rules.map((rule) => readyRule(rule, nodegroups));
        return [name, { keys: new Set(keys.map((key) => key.toString('hex'))), rules: ready }];
      }),
    );
  }

  const isStill = ({ name, key }: Proven): boolean => named.get(name)?.keys.has(key) === true;

  return {
    isOn,
    isStill,
    ofKey(publicKey) {
      const key = publicKey.toString('hex');
      for (const [name, { keys }] of named) if (keys.has(key)) return { name, key };
      throw accessErrors.unknownKey(
        { fingerprint: fingerprintOf(publicKey) },
        { hint: "its line belongs into 'operators' of the master's config; 'tsalt operator reload' reads it" },
      );
    },
    refusal(proven, deed) {
      if (proven && !isStill(proven)) return accessErrors.revoked({ operator: proven.name });
      return refusalOf(deed, named.get(proven?.name ?? ANYONE)?.rules ?? [], proven?.name, factsOf);
    },
    replace(config) {
      named = read(config);
      return [...named.keys()];
    },
  };
}
