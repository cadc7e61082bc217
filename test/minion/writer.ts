import { createFiles } from '../../minion/machine/files.ts';

/* Run as a process of its own by files.test.ts, to be killed: writes every file of `folder` again and again. */
const [folder = '', count = '0', size = '0'] = process.argv.slice(2);
const files = createFiles('/');
for (let generation = 1; ; generation++) {
  const content = Buffer.alloc(Number(size), String(generation % 10));
  for (let file = 0; file < Number(count); file++) {
    files.perform({ do: 'write', path: `${folder}/${file}`, content });
    if (generation === 1 && file === Number(count) - 1) process.stdout.write('written\n');
  }
}
