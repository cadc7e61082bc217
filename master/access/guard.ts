import { accessErrors } from '../../lib/errors/access.ts';
import { controlErrors } from '../../lib/errors/control.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { asText, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { isOperatorProof, newChallenge } from '../../wire/operator-proof.ts';
import type { LocalCall, LocalMethod, LocalPeer } from '../../wire/local/server.ts';
import type { AuditLog } from '../audit/log.ts';
import { askerOf, type Asker } from './askers.ts';
import { deedOf } from './deeds.ts';
import type { Operators, Proven } from './operators.ts';

export interface ControlCall extends LocalCall {
  readonly asker: Asker;
}

/** A method of the control socket, which is told who asks. */
export type ControlMethod = (params: JsonMap, call: ControlCall) => Promise<Json>;

export interface GuardParts {
  readonly methods: Readonly<Record<string, ControlMethod>>;
  readonly operators: Operators;
  readonly audit: AuditLog;
  /** Of the socket that all operators use: proofs are made for it. */
  readonly socketPath: string;
  readonly log: Log;
}

export interface Guard {
  /** For the socket that the group may open. */
  readonly forGroup: Readonly<Record<string, LocalMethod>>;
  /** For the socket that the master's own user (and root) alone may open. */
  readonly forOwner: Readonly<Record<string, LocalMethod>>;
  /** Ends the connections of those who are no operators any more. */
  endOthers(): void;
}

/** What is known of a connection. */
interface Line {
  /** Good for one answer. */
  challenge?: Buffer | undefined;
  proven?: Proven | undefined;
}

/** Stands between the socket and the methods: nothing is done that is not allowed, and nothing that is not noted. */
export function guard({ methods, operators, audit, socketPath, log }: GuardParts): Guard {
  const lines = new Map<LocalPeer, Line>();

  function lineOf({ peer, signal }: LocalCall): Line {
    const known = lines.get(peer);
    if (known) return known;
    const line: Line = {};
    if (signal.aborted) return line;
    lines.set(peer, line);
    signal.addEventListener('abort', () => lines.delete(peer), { once: true });
    return line;
  }

  const owner = askerOf({
    who: { who: 'owner' },
    user: operators.isOn ? 'owner' : 'operator',
    refusal: () => undefined,
    audit,
    log,
  });
  // Without named operators the group is as good as the owner.
  const group = askerOf({ who: { who: 'group' }, user: 'operator', refusal: () => undefined, audit, log });

  function askerFor(line: Line): Asker {
    if (!operators.isOn) return group;
    const { proven } = line;
    return askerOf({
      who: proven ? { who: 'operator', name: proven.name } : { who: 'anyone' },
      user: proven?.name ?? 'anyone',
      refusal: (deed) => operators.refusal(proven, deed),
      audit,
      log,
    });
  }

  /** Each method, for whoever `whose` says. */
  const guarded = (whose: (call: LocalCall) => Asker): Record<string, LocalMethod> =>
    Object.fromEntries(
      Object.entries(methods).map(([name, run]): [string, LocalMethod] => {
        const deed = deedOf(name);
        return [
          name,
          async (params, call) => {
            const asker = whose(call);
            if (!deed) return run(params, { ...call, asker });
            return asker.act(deed(params), () => run(params, { ...call, asker }));
          },
        ];
      }),
    );

  async function prove(params: JsonMap, call: LocalCall): Promise<Json> {
    const line = lineOf(call);
    const { challenge } = line;
    line.challenge = undefined;
    const publicKey = bytes(params, 'key', 32);
    const signature = bytes(params, 'signature', 64);
    const fun = 'control.operator.prove';
    try {
      if (!challenge) throw accessErrors.noChallenge(undefined);
      if (!isOperatorProof(publicKey, signature, socketPath, challenge)) throw accessErrors.badProof(undefined);
      const proven = operators.ofKey(publicKey);
      await audit.note({ who: 'operator', name: proven.name, fun, allowed: true });
      line.proven = proven;
      return { name: proven.name };
    } catch (thrown) {
      if (thrown instanceof TsaltError) await audit.note({ who: 'anyone', fun, allowed: false, why: thrown.code });
      throw thrown;
    }
  }

  return {
    forGroup: {
      ...guarded((call) => askerFor(lineOf(call))),
      // What is asked for before anybody is known.
      'operator.challenge': async (_, call) => {
        if (!operators.isOn) return { challenge: null };
        const line = lineOf(call);
        line.challenge = newChallenge();
        return { challenge: line.challenge.toString('base64') };
      },
      'operator.prove': prove,
    },
    forOwner: guarded(() => owner),
    endOthers() {
      for (const [peer, { proven }] of lines) if (proven && !operators.isStill(proven)) peer.end();
    },
  };
}

function bytes(params: JsonMap, name: string, length: number): Buffer {
  const decoded = Buffer.from(asText(params[name]), 'base64');
  if (decoded.length === length) return decoded;
  throw controlErrors.badRequest({ reason: `'${name}' is not ${length} bytes in base64` });
}
