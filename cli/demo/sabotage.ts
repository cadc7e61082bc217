import net from 'node:net';
import { generateCurveKeys, generateIdentity } from '../../wire/keys.ts';
import { formatMasterKey, masterKeyOf } from '../../wire/master-key.ts';
import type { Stage } from './stage.ts';
import type { StepName } from './steps.ts';

/** The stage as one member sees it, and how to take down what was put up for that. */
export interface Sabotage {
  readonly stage: Stage;
  close(): void;
}

/** Breaks what a member is told of the master so that it can't take `step`; other steps are broken elsewhere. */
export async function sabotage(stage: Stage, step: StepName | undefined): Promise<Sabotage> {
  if (step === 'started') return withoutPublishPort(stage);
  if (step !== 'pending') return { stage, close: () => {} };
  // It knows the key of some other master, so it never speaks to this one.
  const stranger = formatMasterKey(masterKeyOf(generateIdentity(), generateCurveKeys()));
  return { stage: { ...stage, master: { ...stage.master, master_key: stranger } }, close: () => {} };
}

/** All of 127.0.0.0/8 is this machine; nothing of ours listens here. */
const ELSEWHERE = '127.0.0.2';

/** At another address only the way to the request port is open: who comes by it is let in, and never hears a job. */
async function withoutPublishPort(stage: Stage): Promise<Sabotage> {
  const open = new Set<net.Socket>();
  const relay = net.createServer((from) => {
    const to = net.connect(stage.master.ret_port, stage.address);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => open.delete(one));
    }
  });
  await new Promise<void>((resolve, reject) => {
    relay.once('error', reject);
    relay.listen(0, ELSEWHERE, resolve);
  });
  const address = relay.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    stage: { ...stage, address: ELSEWHERE, master: { ...stage.master, ret_port: port } },
    close() {
      relay.close();
      for (const socket of open) socket.destroy();
    },
  };
}
