import { idErrors } from './errors/ids.ts';

declare const brand: unique symbol;
type Branded<T extends string> = string & { readonly [brand]: T };

/** A minion's name, known to be harmless as a part of a tag, a metric or a printed line. */
export type MinionId = Branded<'MinionId'>;
/** A job's number: the time it was made, to the microsecond, in 20 digits (as Salt's `%Y%m%d%H%M%S%f`, UTC). */
export type Jid = Branded<'Jid'>;
/** An event's name, such as `salt/auth`. */
export type Tag = Branded<'Tag'>;

const minionId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const jid = /^[0-9]{20}$/;
// Printable, without blanks: tags are printed in columns and matched by globs, and never become anything else.
const tag = /^[\x21-\x7e\u00a1-\uffff]{1,255}$/;

export function isMinionId(text: unknown): text is MinionId {
  return typeof text === 'string' && minionId.test(text) && !text.includes('..');
}

/** The one parser of minion ids. Raises `TS_ID_BAD_MINION_ID`. */
export function parseMinionId(text: string): MinionId {
  if (!isMinionId(text)) throw idErrors.badMinionId({ id: text });
  return text;
}

export function isJid(text: unknown): text is Jid {
  return typeof text === 'string' && jid.test(text);
}

/** The one parser of job ids. Raises `TS_ID_BAD_JID`. */
export function parseJid(text: string): Jid {
  if (!isJid(text)) throw idErrors.badJid({ jid: text });
  return text;
}

export function isTag(text: unknown): text is Tag {
  return typeof text === 'string' && tag.test(text);
}

/** The one parser of event tags. Raises `TS_ID_BAD_TAG`. */
export function parseTag(text: string): Tag {
  if (!isTag(text)) throw idErrors.badTag({ tag: text });
  return text;
}

/** The jid of the moment `microseconds` since 1970 (UTC). */
export function jidAt(microseconds: bigint): Jid {
  const date = new Date(Number(microseconds / 1000n)).toISOString();
  const digits = date.replace(/[^0-9]/g, '').slice(0, 14);
  return (digits + String(microseconds % 1_000_000n).padStart(6, '0')) as Jid;
}

/** A maker of jids that never gives the same or an earlier one, whatever the clock does. `last` is the newest known. */
export function jidMaker(nowMs: () => number, last?: Jid): () => Jid {
  let newest = last ?? ('0'.repeat(20) as Jid);
  return () => {
    const now = jidAt(BigInt(Math.floor(nowMs())) * 1000n);
    newest = now > newest ? now : nextJid(newest);
    return newest;
  };
}

/** One microsecond later, by the calendar: the digits stay a time. */
function nextJid(previous: Jid): Jid {
  const [, y, mo, d, h, mi, s, micro] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})$/.exec(previous) ?? [];
  const ms = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  return jidAt(BigInt(ms) * 1000n + BigInt(micro ?? 0) + 1n);
}
