import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CheckerName } from '../checkers.ts';
import { anyMachine, fault, goOn, startMaster } from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { World } from '../world.ts';

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return entry.isFile() && statSync(file).size > 0 && entry.name !== 'lock' ? [file] : [];
  });
}

/** Changes some bytes of a file, or cuts it short. */
function harm({ random }: World, file: string): string {
  const bytes = readFileSync(file);
  if (random.oneIn(4)) {
    const left = random.below(bytes.length);
    truncateSync(file, left);
    return `cut to ${left} of ${bytes.length} bytes`;
  }
  const at = random.below(bytes.length);
  const length = 1 + random.below(64);
  for (let i = at; i < Math.min(bytes.length, at + length); i++) bytes[i] = (bytes[i] ?? 0) ^ (1 + random.below(255));
  writeFileSync(file, bytes);
  return `${length} bytes changed at ${at} of ${bytes.length}`;
}

/** What was lost of a damaged file is said; then it may be missing. */
const saidSo = (log: string): boolean => /damaged|not closed well|torn|other bytes|numbers/i.test(log);

/** With damage that was told, what was lost may be lost, and what was known of it. */
const lossy: readonly CheckerName[] = [
  'noLostAcknowledgement',
  'atMostOneRun',
  'returnsOnce',
  'eventsOnce',
  'everyEventReacted',
];

export const damageRows: readonly Row[] = [
  {
    name: 'master-files-damaged',
    what: 'bytes of a file of the stopped master are changed: it says so, and goes on with the rest',
    async faults(world) {
      await goOn(world, 2_000, 3_000);
      const { cluster, random } = world;
      await cluster.master.kill9();
      const file = random.pick(filesBelow(path.join(cluster.master.directory, 'cache')));
      const before = readFileSync(file);
      fault(world, `${path.relative(cluster.master.directory, file)}: ${harm(world, file)}`);
      if (!(await startMaster(world))) {
        // Refusing to start is an answer, where it names the file.
        fault(world, `it refuses to start: ${cluster.master.log().slice(-500)}`);
        writeFileSync(file, before);
        await startMaster(world);
      }
      await goOn(world, 1_000, 2_000);
    },
    forgives: ({ cluster }) => (saidSo(cluster.master.log()) ? lossy : []),
  },
  {
    name: 'minion-files-damaged',
    what: 'bytes of a file of the stopped minion are changed: it says so, and goes on with the rest',
    async faults(world) {
      await goOn(world, 2_000, 3_000);
      const { minion } = anyMachine(world);
      await minion.kill9();
      const file = world.random.pick(filesBelow(path.join(minion.directory, 'cache')));
      fault(world, `${path.relative(minion.directory, file)}: ${harm(world, file)}`);
      minion.start();
      await goOn(world, 1_000, 2_000);
    },
    forgives: ({ machines }) => (machines.some(({ minion }) => saidSo(minion.log())) ? lossy : []),
  },
];
