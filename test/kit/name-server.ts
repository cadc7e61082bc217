import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { StartOptions } from './daemon.ts';

/** What a name server says of the one name it knows: nothing at all, that something is wrong, or an IPv4 address. */
export type Answer = 'silence' | 'no such name' | 'failure' | `${number}.${number}.${number}.${number}`;

export interface NameServer {
  readonly address: string;
  /** So many questions came. */
  asked(): number;
  say(answer: Answer): void;
}

const A = 1;
const HEADER_BYTES = 12;
const codes = { 'no such name': 3, failure: 2 } as const;

/** A name server of the one name, at an address of this machine that is its own; port 53 is for root. Other names there are not. */
export async function startNameServer(
  t: Pick<ExecutionContext, 'teardown'>,
  name: string,
  first: Answer,
): Promise<NameServer> {
  const socket = createSocket('udp4');
  t.teardown(() => void socket.close());
  let answer = first;
  let questions = 0;
  socket.on('message', (query, from) => {
    questions++;
    const reply = answer === 'silence' ? undefined : replyTo(query, name, answer);
    if (reply) socket.send(reply, from.port, from.address);
  });
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(2, 255)}`;
  socket.bind(53, address);
  await once(socket, 'listening');
  return { address, asked: () => questions, say: (next) => void (answer = next) };
}

/** RFC 1035, section 4: one question, and its answer if there is one. */
function replyTo(query: Buffer, known: string, answer: Exclude<Answer, 'silence'>): Buffer {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(HEADER_BYTES, at + 5);
  const said = labels.join('.') === known ? answer : 'no such name';
  const code = said === 'failure' || said === 'no such name' ? codes[said] : 0;
  const records =
    code === 0 && query.readUInt16BE(at + 1) === A
      ? [Buffer.from([0xc0, HEADER_BYTES, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...said.split('.').map(Number)])]
      : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records]);
}

/** How a process is started, by root, that has these lines for its `/etc/resolv.conf`. */
export function resolvingBy(t: Pick<ExecutionContext, 'teardown'>, lines: readonly string[]): StartOptions {
  const directory = mkdtempSync(path.join(tmpdir(), 'tsalt-names-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'resolv.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const mounted = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return { around: ['unshare', '--mount', '/bin/sh', '-c', mounted, file] };
}
