import type { ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconEvent } from '../../lib/contracts/beacon.ts';
import { translatePattern } from '../../lib/regex.ts';

/** Of what was added between two looks, so much is read at one; the rest at the next. */
const MOST_BYTES = 1024 * 1024;
/** A line without an end is given up when it is longer, with what is still to come of it. */
const LONGEST_LINE = 64 * 1024;

const log: Beacon<ParametersOf<'log'>> = {
  summary:
    "A line that was added to a file fits a pattern, from the line's beginning. A file that was put in its place is read from its beginning.",
  example: `
beacons:
  log:
    - file: /var/log/syslog
    - tags:
        disk/failing:
          regex: .*I/O error.*
`,
  data: '{match: "yes", raw: the line, error: ""}',
  start({ file, tags }, { look: lookAt, readFrom }) {
    const patterns = Object.entries(tags).map(([tag, { regex }]) => [tag, translatePattern(regex, 'y')] as const);
    let identity: string | undefined;
    let offset = 0;
    let unfinished = Buffer.alloc(0);
    let isGivenUp = false;
    let isFirst = true;

    function added(): string[] {
      const now = lookAt(file, true);
      if (!now || now.identity !== identity || now.size < offset) {
        // What was there before the first look is old.
        offset = isFirst && now ? now.size : 0;
        unfinished = Buffer.alloc(0);
        isGivenUp = false;
      }
      identity = now?.identity;
      isFirst = false;
      if (!now || now.size === offset) return [];
      const bytes = readFrom(file, offset, MOST_BYTES);
      offset += bytes.length;
      const all = Buffer.concat([unfinished, bytes]);
      const end = all.lastIndexOf(0x0a);
      const start = isGivenUp ? all.indexOf(0x0a) + 1 : 0;
      const rest = all.subarray(end + 1);
      isGivenUp = rest.length > LONGEST_LINE || (isGivenUp && end < 0);
      unfinished = isGivenUp ? Buffer.alloc(0) : rest;
      return end < start
        ? []
        : all
            .toString('utf8', start, end)
            .split('\n')
            .map((line) => line.replace(/\r$/, ''));
    }

    function fits(pattern: RegExp, line: string): boolean {
      pattern.lastIndex = 0;
      return pattern.test(line);
    }

    return {
      look: (): BeaconEvent[] =>
        added().flatMap((line) =>
          patterns
            .filter(([, pattern]) => fits(pattern, line))
            .map(([tag]) => ({ tag, data: { match: 'yes', raw: line, error: '' } })),
        ),
    };
  },
};

export default log;
