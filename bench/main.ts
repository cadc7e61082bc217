import { files } from './files.ts';
import { startup } from './startup.ts';

/** All benches, by name; `npm run bench -- NAME ...` runs some of them. */
const benches: Readonly<Record<string, () => void | Promise<void>>> = { startup, files };

const wanted = process.argv.slice(2);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) await bench();
}
