import { isIP } from 'node:net';
import * as v from 'valibot';
import { defineState, type Changes } from '../../lib/contracts/state.ts';
import { readHosts } from '../../lib/system/hosts-file.ts';
import { hasPair, withComment, withoutPair, withPair, word, words, writeHosts } from './hosts.ts';

const args = v.strictObject({
  name: word,
  ip: words,
  comment: v.optional(v.pipe(v.string(), v.regex(/^[^\r\n]*$/, 'one line')), ''),
  clean: v.optional(v.boolean(), false),
});

export default defineState({
  summary: 'The hosts file gives this name these addresses.',
  example: `
head.cluster:
  host.present:
    - ip: 10.0.0.1
    - names: [head.cluster, head]
`,
  args,
  reads: ['files'],
  read: (_, machine) => readHosts(machine),
  check({ name, ip: ips }) {
    const odd = ips.find((ip) => isIP(ip.split('%')[0] ?? '') === 0);
    return odd === undefined ? undefined : `Invalid IP Address for ${name} (${odd})`;
  },
  plan({ name, ip: ips, comment, clean }, hosts) {
    let { lines } = hosts;
    const changes: Record<string, Record<string, string[]>> = {};
    const planned: string[] = [];
    const done: string[] = [];
    const note = (kind: string, ip: string, what: string): void => {
      ((changes[kind] ??= {})[ip] ??= []).push(what);
    };
    for (const ip of ips) {
      if (hasPair(hosts, ip, name)) {
        const same = `Host ${name} (${ip}) already present`;
        planned.push(same);
        done.push(same);
      } else {
        lines = withPair(lines, ip, name);
        planned.push(`Host ${name} (${ip}) would be added`);
        done.push(`Added host ${name} (${ip})`);
        note('added', ip, name);
      }
      const current = lines.find(({ entry }) => entry?.ip === ip)?.entry?.comment;
      if (comment !== '' && current !== comment) {
        lines = withComment(lines, ip, comment);
        planned.push(`Comment for ${ip} (${comment}) would be added`);
        done.push(`Set comment for host ${ip} (${comment})`);
        note('comment_added', ip, comment);
      }
    }
    const others = hosts.lines.flatMap(({ entry }) =>
      entry && !ips.includes(entry.ip) && entry.names.includes(name) ? [entry.ip] : [],
    );
    const warnings: string[] = [];
    for (const ip of new Set(others)) {
      if (!clean) {
        warnings.push(
          `Host ${name} present for IP address ${ip}. To get rid of this warning, either run this state with 'clean' set ` +
            `to True to remove ${name} from ${ip}, or add ${ip} to the 'ip' argument.`,
        );
        continue;
      }
      lines = withoutPair(lines, ip, name);
      planned.push(`Host ${name} (${ip}) would be removed`);
      done.push(`Removed host ${name} (${ip})`);
      note('removed', ip, name);
    }
    const found: Changes = changes;
    return {
      changes: found,
      comment: planned.join('\n'),
      done: done.join('\n'),
      steps: lines === hosts.lines ? [] : [writeHosts(hosts, lines)],
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  },
});
