import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';
import { beaconErrors } from '../../lib/errors/beacons.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';

/** Entries that wait for a look, at most; further ones are counted and left out. */
const MOST_ENTRIES = 1000;

/** Fields that Python's reader, and so Salt, gives as numbers. */
const numbers = new Set(
  '_PID _UID _GID _AUDIT_SESSION _AUDIT_LOGINUID _SYSTEMD_OWNER_UID PRIORITY SYSLOG_PID SYSLOG_FACILITY ERRNO EXIT_STATUS LEADER CODE_LINE'.split(
    ' ',
  ),
);

/** An entry of `journalctl --output=json`: text that is not UTF-8 comes as bytes, a field that is there twice as a list. */
export function parseEntry(line: string): JsonMap | undefined {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isMap(entry)) return undefined;
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]): [string, Json] => {
      if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
        return [name, Buffer.from(value).toString('utf8')];
      return [name, numbers.has(name) && /^\d+$/.test(String(value)) ? Number(value) : (value as Json)];
    }),
  );
}

const journald: Beacon<ParametersOf<'journald'>> = {
  summary: 'An entry of the journal has all these fields with these values.',
  example: `
beacons:
  journald:
    - services:
        sshd:
          SYSLOG_IDENTIFIER: sshd
          PRIORITY: 6
`,
  data: '{SYSLOG_IDENTIFIER: sshd, PRIORITY: 6, MESSAGE: the text, _PID: 1, ...: all other fields of the entry}',
  start({ services }, { follow }) {
    const wanted = Object.entries(services).map(([name, fields]) => [name, Object.entries(fields)] as const);
    // All of one service's fields, or all of another's; one without fields takes every entry.
    const takesAll = wanted.some(([, fields]) => fields.length === 0);
    const matches = takesAll
      ? []
      : wanted.flatMap(([, fields], index) => [
          ...(index > 0 ? ['+'] : []),
          ...fields.map(([field, value]) => `${field}=${value}`),
        ]);
    let entries: JsonMap[] = [];
    let dropped = 0;
    let cursor: string | undefined;
    let ended: string | undefined;
    let stop = wanted.length === 0 ? () => {} : begin();

    function begin(): () => void {
      // With --lines=0, journalctl (252) loses the first entry where none has matched before.
      const from = cursor === undefined ? '--since=now' : `--after-cursor=${cursor}`;
      return follow(
        ['journalctl', '--follow', '--output=json', '--quiet', '--no-pager', '--no-tail', from, ...matches],
        note,
        (reason) => (ended = reason),
      );
    }

    function note(line: string): void {
      const entry = parseEntry(line);
      if (!entry) return;
      if (typeof entry['__CURSOR'] === 'string') cursor = entry['__CURSOR'];
      if (entries.length < MOST_ENTRIES) entries.push(entry);
      else dropped++;
    }

    function eventsOf(entry: JsonMap): BeaconEvent[] {
      return wanted
        .filter(([, fields]) => fields.every(([field, value]) => asText(entry[field]) === asText(value)))
        .map(([name]) => ({ tag: name, data: entry }));
    }

    return {
      look() {
        if (ended !== undefined) {
          const reason = ended;
          ended = undefined;
          stop = begin();
          throw beaconErrors.ended({ program: 'journalctl', reason });
        }
        const events = entries.flatMap(eventsOf);
        if (dropped > 0) events.push({ data: { error: `${dropped} more entries came at once: they were left out` } });
        entries = [];
        dropped = 0;
        return events;
      },
      close: () => stop(),
    };
  },
};

export default journald;
