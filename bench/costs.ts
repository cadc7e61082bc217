import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openStore } from '../store/store.ts';
import { seal, unseal } from '../wire/envelope.ts';
import { ed25519PublicKey, generateIdentity, sign, verify } from '../wire/keys.ts';
import { report, shown } from './report.ts';

const COUNT = 4000;
const BYTES = 300;
/** Records that share a commit. */
const TOGETHER = 64;

/** What signing, sealing and storing a message of 300 bytes cost: microseconds of CPU, of this process and its threads. */
export async function costs(): Promise<void> {
  const identity = generateIdentity();
  const publicKey = ed25519PublicKey(identity.publicKey);
  const message = randomBytes(BYTES);
  const signature = sign('message', identity, message);
  const key = randomBytes(32);
  const header = Buffer.from('header');
  const sealed = seal(key, 1n, header, message);
  const figures = {
    sign: microseconds(() => void sign('message', identity, message)),
    verify: microseconds(() => {
      if (!verify('message', publicKey, signature, message)) throw new Error('a good signature was refused');
    }),
    seal: microseconds(() => void seal(key, 1n, header, message)),
    open: microseconds(() => {
      if (!unseal(key, 1n, header, sealed)) throw new Error('a good seal was refused');
    }),
  };
  report(`a message of ${BYTES} bytes, microseconds of CPU`, {
    notes: [
      ...Object.entries(figures).map(([name, cost]) => `${name}: ${shown(cost)}`),
      `store, ${TOGETHER} at a time, fsync included: ${shown(await storing())}`,
    ],
  });
}

function microseconds(work: () => void): number {
  for (let warm = 0; warm < COUNT / 4; warm++) work();
  const before = process.cpuUsage();
  for (let index = 0; index < COUNT; index++) work();
  return usedSince(before) / COUNT;
}

async function storing(): Promise<number> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bench-'));
  const store = await openStore({ directory, now: () => Date.now() });
  const event = { kind: 'event', event: { tag: 'bench', data: { text: 'x'.repeat(BYTES) } } } as const;
  const some = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) await store.commit(Array.from({ length: TOGETHER }, () => event));
  };
  await some(20);
  const before = process.cpuUsage();
  const rounds = COUNT / TOGETHER;
  await some(rounds);
  const used = usedSince(before) / (Math.ceil(rounds) * TOGETHER);
  await store.close();
  rmSync(directory, { recursive: true });
  return used;
}

function usedSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
