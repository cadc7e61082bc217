import { TsaltError } from '../lib/errors/error.ts';
import { secretErrors } from '../lib/errors/secrets.ts';
import type { Place } from '../lib/place.ts';
import { SHORTEST } from '../lib/secrets/forms.ts';
import type { ReadSecret } from '../lib/yaml/load.ts';

/** Opens sealed text. Raises what keeps it from that. */
export type OpenSealed = (sealed: string) => string;

/** What is marked `!secret` in pillar files, as they are read. */
export interface MarkedSecrets {
  readonly read: ReadSecret;
  /** The values, in plain text. */
  readonly values: ReadonlySet<string>;
  /** Where marked values stand that are not sealed. */
  readonly unsealed: readonly Place[];
}

/** How whatever is sealed begins, by this version or another. */
const sealedStart = 'tsalt-sealed-';

export function markedSecrets(open: OpenSealed): MarkedSecrets {
  const values = new Set<string>();
  const unsealed: Place[] = [];
  return {
    values,
    unsealed,
    read(text, place) {
      const isSealed = text.trimStart().startsWith(sealedStart);
      if (!isSealed) unsealed.push(place);
      const value = isSealed ? opened(text, place, open) : text;
      if (value.trim().length < SHORTEST) throw secretErrors.tooShort({ least: SHORTEST }, { place });
      values.add(value);
      return value;
    },
  };
}

function opened(sealed: string, place: Place, open: OpenSealed): string {
  try {
    return open(sealed);
  } catch (thrown) {
    if (!(thrown instanceof TsaltError)) throw thrown;
    const { code, sentence, hint } = thrown;
    throw new TsaltError(code, sentence, { place, hint, cause: thrown });
  }
}
