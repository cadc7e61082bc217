import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { isMap } from '../../lib/json.ts';
import { startCluster, write } from '../kit/cluster.ts';

const MANY = 100;

test('a state run with a hundred files of the master asks for them together, plain ones and templates', async (t) => {
  const cluster = await startCluster(t);
  const minion = await cluster.joinMinion('web1');
  const numbers = Array.from({ length: MANY }, (_, index) => index);
  for (const n of numbers) write(cluster.states, `files/${n}`, n % 2 === 0 ? `plain ${n}\n` : `{{grains.id}} ${n}\n`);
  const states = numbers.map((n) => {
    const template = n % 2 === 0 ? '' : '    - template: handlebars\n';
    return `/made/${n}:\n  file.managed:\n    - source: salt://files/${n}\n    - makedirs: true\n${template}`;
  });
  write(cluster.states, 'many.sls', states.join(''));
  const frames = async (): Promise<number> => {
    const stats = await cluster.run('master.stats');
    return isMap(stats) && isMap(stats['wire']) ? Number(stats['wire']['frames']) : NaN;
  };
  await cluster.exec('web1', 'state.apply', ['none']);
  const before = await frames();
  const [applied] = await cluster.exec('web1', 'state.apply', ['many']);
  t.is(applied?.retcode, 0, JSON.stringify(applied));
  const asked = (await frames()) - before;
  t.true(asked < MANY / 4, `${asked} messages`);
  t.is(readFileSync(path.join(minion.root, 'made/0'), 'utf8'), 'plain 0\n');
  t.is(readFileSync(path.join(minion.root, 'made/99'), 'utf8'), 'web1 99\n');
});
