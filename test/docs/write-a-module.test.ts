import path from 'node:path';
import test from 'ava';
import { asText } from '../../lib/json.ts';
import { startCluster, write } from '../kit/cluster.ts';
import { eventually } from '../kit/eventually.ts';
import { blocksOf } from './pages.ts';

const blocks = blocksOf('docs/guides/write-a-module.md');

test('write a module: one of each kind, written as the guide has them, does what it says', async (t) => {
  const cluster = await startCluster(t);
  const { directory } = cluster;
  const fileOf = (text: string): string | undefined => /^(?:#|\/\/) \/srv\/tsalt\/(\S+)\n/.exec(text)?.[1];
  // What the beacon watches is the test's own.
  const written: string[] = [];
  const put = (file: string, text: string): void => {
    write(directory, file, text.replaceAll('/tmp/', `${directory}/`));
    if (file.startsWith('states/')) written.push(file.slice('states/'.length));
  };
  for (const { text } of blocks) if (fileOf(text)?.startsWith('reactor/')) put(fileOf(text) ?? '', text);
  const [, tag = '', named = ''] =
    /^reactor:\n +- '(.*)': \[(.*)\]/m.exec(blocks.map(({ text }) => text).join('\n')) ?? [];
  await cluster.restartMaster({ reactor_dir: path.join(directory, 'reactor'), reactor: [{ [tag]: [named] }] });
  const { root } = await cluster.joinMinion('web1');
  write(root, 'etc/issue', 'A machine.\n');
  // By its answer the minion has asked whether there is anything to fetch, as it does when it starts.
  await cluster.exec('web1', 'saltutil.sync_all', [], 60);

  let answered = 0;
  for (const [at, { language, text }] of blocks.entries()) {
    const file = fileOf(text);
    if (file !== undefined) put(file, text);
    if (language !== 'sh') continue;
    // The master's look at its tree answers for a moment.
    await eventually(async () => {
      const [listed] = await cluster.exec('web1', 'cp.list_master');
      const there = JSON.stringify(listed?.return ?? []);
      return written.every((one) => there.includes(`"${one}"`));
    });
    let told = '';
    for (const line of text.trim().split('\n')) {
      if (line.includes(' > ')) continue;
      const words = line.replaceAll('/srv/tsalt', directory).split(' ').slice(1);
      const verb = /^(?:call|check|run)$/.test(words[0] ?? '') ? [] : ['exec'];
      const { code, stdout, stderr } = await cluster.tsalt(...verb, ...words);
      t.is(code, 0, `${line}\n${stdout}${stderr}`);
      told += stdout;
    }
    const next = blocks[at + 1];
    if (next?.language !== '') continue;
    answered++;
    t.is(told, next.text);
  }
  t.is(answered, 3);

  // The beacon and the reactor need somebody to work there, once it has seen that nobody does.
  await eventually(async () => (await cluster.events()).some(({ tag: seen }) => seen.endsWith('/maintenance/over')));
  write(directory, 'maintenance', '');
  const returned = await eventually(async () =>
    (await cluster.events()).find(
      ({ data }) => data['fun'] === 'greet.hello' && asText(data['return']).includes('whoever'),
    ),
  );
  t.is(returned.data['return'], 'Good day, whoever works here, says web1.');
});
