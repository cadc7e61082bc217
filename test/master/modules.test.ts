import path from 'node:path';
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { startCluster } from '../kit/cluster.ts';
import { write } from '../states-engine/kit.ts';

test('a tree in TypeScript that the master serves: pillar is made there, states with their imports on the minion', async (t) => {
  const cluster = await startCluster(t);
  write(cluster.pillar, {
    'top.sls': "#!ts\nexport default { base: { 'w1': ['site'], 'w2': ['endless'] } };\n",
    'site.sls':
      "#!ts\nimport { port } from './lib/port.ts';\nexport default ({ id }: { id: string }) => ({ port, own: id });\n",
    'lib/port.ts': 'export const port: number = 8080;\n',
    'endless.sls': '#!ts\nwhile (true);\nexport default {};\n',
  });
  write(cluster.states, {
    'web/init.sls': "#!ts\nexport { default } from './states.ts';\n",
    'web/states.ts': `import { text } from '../lib/text.mjs';
import type { Context, States } from 'tsalt/states';
export default async ({ fromPillar, file, salt }: Context): Promise<States> => ({
  '/made': { 'file.managed': { contents: text(fromPillar('own', ''), fromPillar('port', 0)) + (await file('web/note.txt')) + salt('test.echo', ['!']), mode: '0600' } },
});
`,
    'lib/text.mjs': 'export const text = (id, port) => `${id} ${port} `;\n',
    'web/note.txt': 'note',
  });
  const minion = await cluster.joinMinion('w1');
  await cluster.joinMinion('w2');
  const [ending] = await cluster.exec('w1', 'state.apply', ['web']);
  t.is(ending?.state, 'returned', JSON.stringify(ending));
  t.is(readFileSync(path.join(minion.root, 'made'), 'utf8').trim(), 'w1 8080 note!');
  const [late] = await cluster.exec('w2', 'state.apply', ['web'], 60);
  t.regex(JSON.stringify(late), /it did not answer within \d+ ms and was killed/);
  t.false(existsSync(path.join(cluster.directory, 'w2', 'root', 'made')));
});
