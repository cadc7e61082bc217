import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditLog } from '../audit/log.ts';
import { nameOf, type Deed } from './rules.ts';

/** A deed, and what the audit log tells of it. */
export interface AskedDeed extends Deed {
  /** What it is about, for the audit log: a target, an id, a tag. Never a secret. */
  readonly about?: string | undefined;
}

/** What came of a deed, for the audit log. */
export interface Outcome {
  jid?: string;
}

/** Whoever asks for something over a connection. */
export interface Asker {
  /** Of their jobs: an operator's name. */
  readonly user: string;
  /** Whether the rules allow the deed. Without minions: on some, perhaps. */
  may(deed: Deed): boolean;
  /** Raises `TS_ACCESS_...` when the rules do not allow the deed. It is not noted: it is a part of one that is. */
  permit(deed: Deed): void;
  /**
   * Notes the deed, does the work if the rules allow it, and notes how it ended. Raises `TS_ACCESS_...`, `TS_AUDIT_...`
   * (nothing was done then), and what the work raises.
   */
  act<T>(deed: AskedDeed, work: (outcome: Outcome) => Promise<T>): Promise<T>;
}

export interface AskerParts {
  /** For the audit log: `owner`, `operator alice`. */
  readonly who: JsonMap;
  readonly user: string;
  readonly refusal: (deed: Deed) => TsaltError | undefined;
  readonly audit: AuditLog;
  readonly log: Log;
}

/** A line of the audit log is short, whatever was asked for. */
const MOST_CHARACTERS = 500;

export function askerOf({ who, user, refusal, audit, log }: AskerParts): Asker {
  const permit = (deed: Deed): void => {
    const refused = refusal(deed);
    if (refused) throw refused;
  };

  /** What is done can't be undone when this can't be noted; the next deed will be refused. */
  const noteOutcome = (facts: JsonMap): void =>
    void audit
      .note(facts)
      .catch((cause: unknown) =>
        log('error', 'how an action ended could not be noted in the audit log', { reason: messageOf(cause) }),
      );

  return {
    user,
    may: (deed) => refusal(deed) === undefined,
    permit,
    async act(deed, work) {
      const refused = refusal(deed);
      const of = await audit.note({ ...who, ...told(deed), allowed: !refused, ...(refused && { why: refused.code }) });
      if (refused) throw refused;
      const outcome: Outcome = {};
      try {
        // They may have been struck off while it was noted.
        permit(deed);
        const result = await work(outcome);
        noteOutcome({ of, ok: true, ...outcome });
        return result;
      } catch (thrown) {
        noteOutcome({ of, ok: false, ...outcome, error: thrown instanceof TsaltError ? thrown.code : 'TS_INTERNAL' });
        throw thrown;
      }
    },
  };
}

/** Of arguments their names and how many they are: their values may be secret, and are kept with the job. */
function told({ about, minions, args = [], kwargs = {}, ...deed }: AskedDeed): JsonMap {
  const facts: Record<string, Json | undefined> = {
    fun: cut(nameOf(deed)),
    about: about === undefined ? undefined : cut(about),
    minions: minions?.length,
    args: args.length === 0 ? undefined : args.length,
    kwargs: Object.keys(kwargs).length === 0 ? undefined : Object.keys(kwargs).slice(0, 50).map(cut),
  };
  return Object.fromEntries(Object.entries(facts).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

const cut = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
