import * as v from 'valibot';
import type { BusEvent } from '../lib/contracts/events.ts';
import { defineReturner } from '../lib/contracts/returner.ts';
import { sendLines } from '../lib/graphite/connection.ts';
import { pathPart } from '../lib/graphite/lines.ts';
import { numericLeaves } from '../lib/numeric-leaves.ts';
import { msOfStamp } from '../lib/stamp.ts';
import { jobReturnOf } from './job-return.ts';
import { name, port } from './settings.ts';

export default defineReturner({
  summary:
    "The numbers in returns, to Graphite's plaintext port, as Salt's `carbon` names them: `disk.usage.web1.root.used`.",
  promise: `At least once. A batch has a connection of its own and counts as arrived when carbon, having read to its end, closes it in
its turn; else it is sent again, which changes nothing: the same path and time are the same point. Events that are no returns, and
returns without numbers, have nothing to send; a number whose names have more than 255 characters is left out, and all beyond 100,000 of one return.
Samples of collectors are sent by the reactor \`builtin:result\`.`,
  example: `
returners:
  graphite:
    host: graphite.example.com
    events: [salt/job/*/ret/*]
`,
  settings: v.strictObject({
    host: name,
    port: v.optional(port, 2003),
    pattern: v.optional(name, '[module].[function].[minion_id]'),
  }),
  open({ host, port: at, pattern }) {
    return {
      async send(events, signal) {
        const lines = events.flatMap((event) => linesOf(event, pattern)).join('');
        if (lines !== '') await sendLines(host, at, lines, signal);
      },
    };
  },
});

function linesOf(event: BusEvent, pattern: string): string[] {
  const returned = jobReturnOf(event);
  if (!returned) return [];
  const [module = '', fun = ''] = returned.fun.split(/\.(.*)/s);
  const words: Record<string, string> = { module, function: fun, minion_id: returned.id };
  const base = pattern.replace(/\[(module|function|minion_id)\]/g, (_, word: string) => pathPart(words[word] ?? ''));
  const seconds = Math.floor(msOfStamp(event.data['_stamp']) / 1000);
  return numericLeaves(returned.return).map(
    ([keys, value]) => `${[base, ...keys.map(pathPart)].join('.')} ${value} ${seconds}\n`,
  );
}
