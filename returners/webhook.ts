import * as v from 'valibot';
import { defineReturner } from '../lib/contracts/returner.ts';
import { shownEvent } from './job-return.ts';
import { post } from './post.ts';
import { readSecret } from './secret.ts';
import { file, url } from './settings.ts';

export default defineReturner({
  summary: 'POST of JSON to a web server: `{"master": <id>, "events": [{"number", "tag", "data"}, ...]}`.',
  promise: `At least once, in order. Events come again when an answer was lost; \`master\` and \`number\` together tell an event. Any
2xx means that all of them are taken; 400, 413 and 422 that the server will never take one of them; any other answer that it will
later. Redirections are not followed.`,
  example: `
returners:
  chat:
    kind: webhook
    url: https://hooks.example.com/tsalt
    token_file: /etc/tsalt/chat.token
    events: [salt/job/*/ret/*, tsalt/reactor/dead]
`,
  settings: v.strictObject({
    url,
    token_file: v.optional(file),
    ca_file: v.optional(file),
  }),
  open({ url: address, token_file, ca_file }, { master }) {
    return {
      async send(events, signal) {
        const secret = token_file === undefined ? undefined : await readSecret(token_file);
        const headers = {
          'content-type': 'application/json',
          ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
        };
        const body = JSON.stringify({ master, events: events.map(shownEvent) });
        await post({ url: address, headers, body, ca_file, secret }, signal);
      },
    };
  },
});
