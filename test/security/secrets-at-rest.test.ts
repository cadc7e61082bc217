import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { asText, type JsonMap } from '../../lib/json.ts';
import { parseToken } from '../../wire/token.ts';
import { startCluster, write } from '../kit/cluster.ts';

/* Secrets are in files that only their owner reads, and in no log, event or diff. */

/** Every file and directory below one. */
function walk(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => path.join(directory, name));
}
const mode = (file: string): number => lstatSync(file).mode & 0o777;

const pillarSecret = 'canary-of-the-pillar-1f6d';
const commandSecret = 'canary-of-a-command-77ab';

test('secrets: a machine enrols and is configured, every secret on the way is read by its owner only, and told to nobody', async (t) => {
  const cluster = await startCluster(t, { reactor: [{ 'salt/auth': ['builtin:auth'] }], 'auth.unknown': 'pend' });
  write(cluster.pillar, 'top.sls', "base:\n  '*': [db]\n");
  write(cluster.pillar, 'db.sls', `db: {password: ${pillarSecret}, mode: 1}\n`);
  write(
    cluster.states,
    'db.sls',
    `
/etc/db.conf:
  file.managed:
    - contents_pillar: db:password
    - mode: '0600'
    - show_changes: false
    - makedirs: true
told:
  cmd.run:
    - name: test -n "$PASSWORD"
    - env: {PASSWORD: '{{pillar.db.password}}'}
`,
  );
  const added = (await cluster.control.call('instance.add', { id: 'web1', provider: 'process', roles: [] })) as JsonMap;
  const token = asText(added['token']);
  await cluster.control.call('instance.starting', { id: 'web1', reason: 'a test' });
  const minion = cluster.startMinion('web1', { token });
  await cluster.connected('web1');
  const [states] = await cluster.exec('web1', 'state.apply', ['db'], 30);
  t.is(states?.['success'], true, JSON.stringify(states));
  await cluster.exec('web1', 'pillar.get', ['db:mode']);
  await cluster.control.call('key.finger', { master: true });

  const daemons = [cluster.master, minion];
  const keys = daemons
    .flatMap(({ directory }) => walk(path.join(directory, 'pki')))
    .filter((file) => /BEGIN PRIVATE KEY/.test(textOf(file)));
  t.is(keys.length, 3, 'two of the master, one of the minion');
  for (const file of keys) t.is(mode(file), 0o600, file);

  const secrets: Record<string, string> = {
    pillar: pillarSecret,
    token,
    'the secret of the token': parseToken(token).secret.toString('base64url'),
    ...Object.fromEntries(keys.map((file) => [path.basename(file), textOf(file).split('\n')[1] ?? ''])),
  };
  const store = path.join(cluster.master.directory, 'cache/store');
  const mayHold = [
    cluster.pillar,
    ...keys,
    path.join(minion.root, 'etc/db.conf'),
    ...daemons.map(({ configDir }) => configDir),
  ];
  for (const file of walk(cluster.directory).filter((name) => lstatSync(name).isFile())) {
    const text = textOf(file);
    for (const [what, secret] of Object.entries(secrets)) {
      if (!text.includes(secret)) continue;
      // What verifies its proof, until it is used.
      if (what === 'the secret of the token' && file.startsWith(store)) continue;
      t.true(
        mayHold.some((place) => file.startsWith(place)),
        `${what} is in ${file}`,
      );
    }
  }
  t.is(mode(path.join(minion.root, 'etc/db.conf')), 0o600);
  const events = JSON.stringify(await cluster.events());
  for (const [what, secret] of Object.entries(secrets)) {
    t.false(events.includes(secret), `an event has ${what}`);
    for (const daemon of daemons) t.false(daemon.log().includes(secret), `a log has ${what}`);
  }

  for (const { directory } of daemons) {
    for (const below of ['pki', 'cache']) {
      for (const file of [path.join(directory, below), ...walk(path.join(directory, below))]) {
        if (lstatSync(file).isSymbolicLink() || file.endsWith('.pub')) continue;
        const others = mode(file) & 0o007;
        // What is below a directory that others can't enter is not theirs to read, whatever it says itself.
        const isShut = file.split('/').some((_, depth, parts) => {
          const above = parts.slice(0, depth + 1).join('/');
          return above.startsWith(directory) && lstatSync(above).isDirectory() && (mode(above) & 0o007) === 0;
        });
        t.true(others === 0 || isShut, `${file} has mode 0${mode(file).toString(8)}`);
      }
    }
  }
  t.is(mode(path.join(cluster.master.directory, 'run/master.sock')), 0o660);
  t.is(mode(path.join(cluster.master.directory, 'run')) & 0o007, 0);
  t.is(mode(path.join(minion.directory, 'run/minion.sock')) & 0o007, 0);
});

test('secrets: a command that fails with a secret in its environment, its return and events do not have it', async (t) => {
  const cluster = await startCluster(t);
  write(
    cluster.states,
    'fails.sls',
    `fails:\n  cmd.run:\n    - name: 'false'\n    - env: {PASSWORD: ${commandSecret}}\n`,
  );
  await cluster.joinMinion('web1');
  const [states] = await cluster.exec('web1', 'state.apply', ['fails'], 30);
  t.is(states?.['success'], false);
  t.false(JSON.stringify([states, await cluster.events()]).includes(commandSecret));
  t.false(cluster.master.log().includes(commandSecret));
});

function textOf(file: string): string {
  return lstatSync(file).isFile() ? readFileSync(file, 'latin1') : '';
}
