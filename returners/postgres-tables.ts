import type { BusEvent } from '../lib/contracts/events.ts';
import type { Json } from '../lib/json.ts';
import { msOfStamp } from '../lib/stamp.ts';
import { jobReturnOf } from './job-return.ts';

/** What makes each table: Salt's names and columns, with keys by which nothing is there twice. */
export const tables: Readonly<Record<string, readonly string[]>> = {
  jids: ['create table if not exists jids (jid varchar(255) primary key, load jsonb not null)'],
  salt_returns: [
    `create table if not exists salt_returns (
      fun varchar(255) not null, jid varchar(255) not null, "return" jsonb not null, id varchar(255) not null,
      success varchar(10) not null, full_ret jsonb not null, alter_time timestamptz not null default now(),
      primary key (jid, id))`,
    'create index if not exists idx_salt_returns_id on salt_returns (id)',
    'create index if not exists idx_salt_returns_fun on salt_returns (fun)',
  ],
  salt_events: [
    `create table if not exists salt_events (
      id bigint not null, tag varchar(255) not null, data jsonb not null, alter_time timestamptz not null default now(),
      master_id varchar(255) not null, primary key (master_id, id))`,
    'create index if not exists idx_salt_events_tag on salt_events (tag)',
  ],
};

/** Takes its rows as one parameter, so that nothing of an event is ever part of a statement. */
const statements = {
  jids: `insert into jids (jid, load)
    select jid, load from jsonb_to_recordset($1::text::jsonb) as row (jid text, load jsonb)
    on conflict (jid) do nothing`,
  salt_returns: `insert into salt_returns (fun, jid, "return", id, success, full_ret, alter_time)
    select fun, jid, coalesce("return", 'null'), id, success, full_ret, to_timestamp(at)
    from jsonb_to_recordset($1::text::jsonb)
      as row (fun text, jid text, "return" jsonb, id text, success text, full_ret jsonb, at float8)
    on conflict (jid, id) do nothing`,
  salt_events: `insert into salt_events (id, tag, data, alter_time, master_id)
    select id, tag, data, to_timestamp(at), master_id
    from jsonb_to_recordset($1::text::jsonb) as row (id bigint, tag text, data jsonb, at float8, master_id text)
    on conflict (master_id, id) do nothing`,
};

/** The statements that write these events, each with its rows as JSON. */
export function inserts(events: readonly BusEvent[], master: string): { statement: string; rows: string }[] {
  const rows: Record<keyof typeof statements, Json[]> = { jids: [], salt_returns: [], salt_events: [] };
  for (const event of events) {
    const { seq, tag, data } = event;
    const at = msOfStamp(data['_stamp']) / 1000;
    const returned = jobReturnOf(event);
    if (returned) {
      const { fun, jid, id, success } = returned;
      const row = { fun, jid, id, success: String(success), return: returned.return, full_ret: data, at };
      rows.salt_returns.push(row);
    } else if (/^salt\/job\/[^/]+\/new$/.test(tag) && typeof data['jid'] === 'string') {
      rows.jids.push({ jid: data['jid'], load: data });
    } else {
      rows.salt_events.push({ id: seq, tag, data, at, master_id: master });
    }
  }
  return (['jids', 'salt_returns', 'salt_events'] as const)
    .filter((table) => rows[table].length > 0)
    .map((table) => ({ statement: statements[table], rows: forJsonb(rows[table]) }));
}

/** JSON that `jsonb` takes: without the character 0 and halves of characters, which JSON writes as escapes. */
function forJsonb(value: Json): string {
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/gi, '$1\uFFFD');
}
