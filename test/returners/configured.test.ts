import test from 'ava';
import type { JsonMap } from '../../lib/json.ts';
import { readReturners } from '../../returners/configured.ts';
import { builtinReturners } from '../../returners/registry.ts';

const canary = 'canary-7d1f';

async function said(written: JsonMap): Promise<string[]> {
  const { findings } = await readReturners(written, builtinReturners);
  return findings.map(({ path, error }) => `${path.join('.')}: ${error().message.replace('\nhint: ', ' | ')}`);
}

for (const [title, written, expected] of [
  [
    'a kind that there is not',
    { influxbd: { url: 'http://x' } },
    ["influxbd: returner 'influxbd': there is no kind 'influxbd' | did you mean 'influxdb'?"],
  ],
  [
    'a kind by the name that Salt has for it',
    { c: { kind: 'carbon' } },
    ["c.kind: returner 'c': there is no kind 'carbon' | did you mean 'graphite'?"],
  ],
  [
    'a name that says nothing',
    { audit: {} },
    [
      "audit: returner 'audit': there is no kind 'audit' | its 'kind' is graphite, influxdb, json_lines, postgres, webhook, the name of a file of _returners in the state tree, or a file (.mjs, .js, .ts)",
    ],
  ],
  [
    'a setting that is misspelt',
    { webhook: { url: 'http://x', evnets: '*' } },
    ["webhook.evnets: returner 'webhook': it takes no 'evnets' | did you mean 'events'?"],
  ],
  [
    'several of them',
    { webhook: { urll: canary, token: canary } },
    [
      "webhook.urll: returner 'webhook': it takes no 'urll' | did you mean 'url'?",
      "webhook.token: returner 'webhook': it takes no 'token' | what is secret is in a file: 'token_file'",
      "webhook: returner 'webhook': it needs 'url'",
    ],
  ],
  ['a setting that is missing', { webhook: null }, ["webhook: returner 'webhook': it needs 'url'"]],
  [
    'a value of another kind',
    { postgres: { port: 'many', batch: 0 } },
    [
      "postgres.batch: returner 'postgres': 'batch' should be a whole number from 1 to 10000",
      "postgres.port: returner 'postgres': 'port' should be a port (1 to 65535)",
    ],
  ],
  [
    'a password in config',
    { postgres: { password: canary } },
    ["postgres.password: returner 'postgres': it takes no 'password' | what is secret is in a file: 'password_file'"],
  ],
  [
    'a password in an address',
    { webhook: { url: `https://me:${canary}@x` } },
    [
      "webhook.url: returner 'webhook': 'url' should be an address that starts with http:// or https://, without a name and a password in it",
    ],
  ],
  [
    'half of what InfluxDB 2 needs',
    { influxdb: { url: 'http://x', org: 'o', bucket: 'b' } },
    [
      "influxdb: returner 'influxdb': it needs either `database` (InfluxDB 1), with `user` and `password_file` where it asks for them, or `org`, `bucket` and `token_file` (InfluxDB 2)",
    ],
  ],
  ['settings that are no map', { webhook: canary }, ["webhook: returner 'webhook': its settings are a map"]],
] as const) {
  test(`returners in config: ${title}, is said with what is right, and without the value`, async (t) => {
    const found = await said(written as unknown as JsonMap);
    t.deepEqual(found, [...expected]);
    t.false(found.join().includes(canary));
  });
}

test('returners in config: every example of the reference, is right', async (t) => {
  const { parse } = await import('yaml');
  for (const name of builtinReturners.names) {
    const { example } = await builtinReturners.load(name);
    const { returners } = parse(example) as { returners: JsonMap };
    t.deepEqual(await said(returners), [], name);
  }
});

test('returners in config: one that is named by its kind, is sent returns, in batches of 500', async (t) => {
  const { returners } = await readReturners({ graphite: { host: 'g' } }, builtinReturners);
  t.like(returners[0], {
    name: 'graphite',
    kind: 'graphite',
    events: ['salt/job/*/ret/*'],
    batch: 500,
    timeoutMs: 30_000,
  });
});
