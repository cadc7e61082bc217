import { fork } from 'node:child_process';
import path from 'node:path';
import type { Site } from './site.ts';
import { surroundings } from './workplace.ts';
import type { FromSwarm, ToSwarm } from './swarm-child.ts';

/** Links of simulated minions: real sessions without a machine behind them, some in each of a few processes. */
export interface Swarm {
  /** All links of all processes fire at once; resolves when each event is acknowledged. `together`: many in one message. */
  fire(eventsOfEach: number, how?: { readonly together?: boolean }): Promise<void>;
  /** One event of one link, one at a time. */
  fireOne(): void;
  /** So many events a second for so many seconds, spread evenly; resolves when each is acknowledged. */
  stream(perSecond: number, seconds: number): Promise<void>;
  /** Links that are connected, as far as their processes have said. */
  connected(): number;
  close(): void;
}

/** Connects `links` minions to the site, in `processes` processes, and has them accepted. */
export async function openSwarm(site: Site, links: number, processes = 2): Promise<Swarm> {
  const children = Array.from({ length: processes }, (_, index) => {
    const child = fork(path.join(import.meta.dirname, 'swarm-child.js'), { env: surroundings() });
    const ids = Array.from({ length: links }, (__, link) => `sim-${link}`).filter(
      (___, at) => at % processes === index,
    );
    const tell = (message: ToSwarm): void => void child.send(message);
    tell({ type: 'connect', address: site.address, ids });
    return { child, tell };
  });
  const counts = children.map(() => 0);
  for (const [i, { child }] of children.entries())
    child.on('message', (message: FromSwarm) => {
      if (message.type === 'counted') counts[i] = message.accepted;
    });
  await site.acceptUntil(links);
  const allAcknowledge = async (message: ToSwarm): Promise<void> => {
    await Promise.all(
      children.map(
        ({ child, tell }) =>
          new Promise<void>((resolve) => {
            const take = (told: FromSwarm): void => {
              if (told.type !== 'acknowledged') return;
              child.off('message', take);
              resolve();
            };
            child.on('message', take);
            tell(message);
          }),
      ),
    );
  };
  return {
    fire: (eventsOfEach, { together = false } = {}) => allAcknowledge({ type: 'fire', count: eventsOfEach, together }),
    fireOne: () => children[0]?.tell({ type: 'one' }),
    stream: (perSecond, seconds) => allAcknowledge({ type: 'stream', perSecond: perSecond / children.length, seconds }),
    connected: () => counts.reduce((sum, count) => sum + count, 0),
    close() {
      for (const { child } of children) child.kill();
    },
  };
}
