import * as v from 'valibot';
import { defineReturner } from '../lib/contracts/returner.ts';
import { influxLine } from './influxdb-line.ts';
import { post } from './post.ts';
import { readSecret } from './secret.ts';
import { file, name, url } from './settings.ts';

const words =
  'either `database` (InfluxDB 1), with `user` and `password_file` where it asks for them, or `org`, `bucket` and `token_file` (InfluxDB 2)';

export default defineReturner({
  summary: 'Points in line protocol to InfluxDB 1 or 2: the numbers in returns.',
  promise: `At least once, and twice is once: the time of a point is that of its event, its last six digits are those of the event's
number, and InfluxDB keeps one point of the same time and tags. A return is a point of \`returns\` with the tags \`id\` and \`fun\` and
the fields \`jid\`, \`success\`, \`retcode\`, and each number in it as a float, called by its keys with dots between (\`value\` where
the return is a number itself); with \`json\` also \`return\`, all of it as a text. Any other event is a point of \`events\` with the
tags \`id\` and \`event\` (its tag) and its numbers; without a number it is none. A point has at most 1000 numbers, of
names of up to 255 characters. Name only events whose
tags are few: each is a series.`,
  example: `
returners:
  influxdb:
    url: https://influx.example.com:8086
    org: operations
    bucket: salt
    token_file: /etc/tsalt/influxdb.token
`,
  settings: v.pipe(
    v.strictObject({
      url,
      database: v.optional(name),
      user: v.optional(name),
      password_file: v.optional(file),
      org: v.optional(name),
      bucket: v.optional(name),
      token_file: v.optional(file),
      json: v.optional(v.boolean(), false),
      ca_file: v.optional(file),
    }),
    v.check(({ database, user, password_file, org, bucket, token_file }) => {
      const isTwo = org !== undefined && bucket !== undefined && token_file !== undefined;
      const isOne = database !== undefined && (user === undefined) === (password_file === undefined);
      const names = [database, user, password_file].some((given) => given !== undefined);
      const others = [org, bucket, token_file].some((given) => given !== undefined);
      return names ? isOne && !others : isTwo;
    }, words),
  ),
  open({ url: address, database, user, password_file, org = '', bucket = '', token_file, json, ca_file }) {
    const base = address.replace(/\/+$/, '');
    const target =
      database === undefined
        ? `${base}/api/v2/write?${new URLSearchParams({ org, bucket, precision: 'ns' }).toString()}`
        : `${base}/write?${new URLSearchParams({ db: database, precision: 'ns' }).toString()}`;
    return {
      async send(events, signal) {
        const body = events.flatMap((event) => influxLine(event, json) ?? []).join('');
        if (body === '') return;
        const secretFile = token_file ?? password_file;
        const secret = secretFile === undefined ? undefined : await readSecret(secretFile);
        const headers = { 'content-type': 'text/plain; charset=utf-8', ...authorization(user, secret) };
        await post({ url: target, headers, body, ca_file, secret }, signal);
      },
    };
  },
});

function authorization(user: string | undefined, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  if (user === undefined) return { authorization: `Token ${secret}` };
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}` };
}
