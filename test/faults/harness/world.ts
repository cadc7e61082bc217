import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asText, type JsonMap } from '../../../lib/json.ts';
import { seeded, type Random } from '../../fuzz/random.ts';
import { startCluster, write, type Cluster } from '../../kit/cluster.ts';
import { eventually } from '../../kit/eventually.ts';
import type { Minion } from '../../kit/minion.ts';
import { startProxy, type Pace, type Proxy, type Way } from '../../kit/proxy.ts';
import { recordHistory, type History } from './history.ts';

/** Both connections of one minion to its master. */
export interface Link {
  readonly proxies: readonly Proxy[];
  cut(way?: Way): void;
  slow(pace: Pace): void;
  heal(): void;
}

export interface Machine {
  readonly minion: Minion;
  readonly link: Link;
}

/** A cluster to be hurt, and the seed that says how. */
export interface World {
  readonly cluster: Cluster;
  readonly machines: readonly Machine[];
  /** Others that have the key of a machine: they are gone before the end. */
  readonly clones: Minion[];
  readonly random: Random;
  readonly history: History;
  /** The operations that the reactor was given, a line each. */
  readonly noted: string;
  /** What nothing may print. */
  readonly secrets: readonly string[];
  /** Another machine that joins. */
  join(id: string): Promise<Machine>;
  /** Ends every process. Gives the directory where all of it is kept when `keep`. */
  end(keep: boolean): Promise<string>;
}

export interface WorldOptions {
  readonly master?: JsonMap;
  readonly minion?: JsonMap;
  /** Sources of further reactors, for every event of the load. */
  readonly reactors?: readonly string[];
}

/** One event of so many makes the reactor publish a job. */
export const PUBLISHING = 5;

/** A master and `n` minions, each behind a link of its own, with states, a pillar and a reactor that leave marks. */
export async function startWorld(n: number, seed: number, name: string, options: WorldOptions = {}): Promise<World> {
  const home = mkdtempSync(path.join(tmpdir(), `tsalt-faults-${name}-${seed}-`));
  const noted = path.join(home, 'noted');
  appendFileSync(noted, '');
  const reactors = [reactorSource(noted), ...(options.reactors ?? [])].map((source, i) => {
    const file = path.join(home, `reactor${i}.mjs`);
    writeFileSync(file, source);
    return file;
  });
  const endings: (() => unknown)[] = [];
  const cluster = await startCluster(
    { teardown: (end) => void endings.push(end) },
    { reactor: [{ 'load/*': reactors }], ...options.master },
  );
  const secrets = [`canary-${seed}-in-the-pillar`];
  write(cluster.states, 'mark.sls', 'mark:\n  cmd.run:\n    - name: echo {{pillar.mark}} >> ran\n');
  write(cluster.pillar, 'top.sls', "base:\n  '*': [secret]\n");
  write(cluster.pillar, 'secret.sls', `secret: ${secrets[0]}\n`);
  const { publish_port, ret_port } = cluster.described();
  const machines: Machine[] = [];
  const clones: Minion[] = [];

  async function join(id: string): Promise<Machine> {
    // Each has an address of its own, with the master's port numbers: a minion is told only the number of the second port.
    const host = `127.0.1.${machines.length + 1}`;
    const proxies = await Promise.all([ret_port, publish_port].map((port) => startProxy(port, { port, host })));
    endings.push(() => proxies.forEach((proxy) => proxy.close()));
    const added = (await cluster.control.call('instance.add', { id, provider: 'none' })) as JsonMap;
    const token = asText(added['token']);
    secrets.push(token);
    const minion = cluster.startMinion(id, { token, config: { master: host, ...options.minion } });
    // Of a master that was killed nobody knows whether it had accepted.
    await eventually(async () => {
      const { accepted } = (await cluster.control.call('key.list')) as { accepted: string[] };
      if (accepted.includes(id)) return true;
      await cluster.control.call('key.accept', { match: id });
      return false;
    });
    await cluster.connected(id);
    const link: Link = {
      proxies,
      cut: (way) => proxies.forEach((proxy) => proxy.cut(way)),
      slow: (pace) => proxies.forEach((proxy) => proxy.slow(pace)),
      heal: () => proxies.forEach((proxy) => proxy.heal()),
    };
    const machine = { minion, link };
    machines.push(machine);
    return machine;
  }

  const world: World = {
    cluster,
    machines,
    clones,
    random: seeded(seed),
    history: recordHistory(path.join(home, 'history.jsonl')),
    noted,
    secrets,
    join,
    async end(keep) {
      await Promise.all([cluster.master, ...machines.map(({ minion }) => minion), ...clones].map((one) => one.kill9()));
      if (keep) {
        mkdirSync(home, { recursive: true });
        renameSync(cluster.directory, path.join(home, 'cluster'));
      }
      for (const end of endings.toReversed()) await end();
      if (!keep) rmSync(home, { recursive: true, force: true });
      return home;
    },
  };
  try {
    for (let i = 0; i < n; i++) await join(`web${i + 1}`);
  } catch (cause) {
    await world.end(false);
    throw cause;
  }
  return world;
}

/** Notes each event it is given; of some it makes one job, which leaves a mark. */
const reactorSource = (noted: string): string => `import { appendFileSync } from 'node:fs';
export default {
  name: 'note',
  summary: 'notes each event',
  timeoutMs: 30_000,
  retry: { tries: 50, firstMs: 100, longestMs: 2_000 },
  async react(event, context) {
    const own = event.data.data ?? event.data;
    appendFileSync(${JSON.stringify(noted)}, \`\${own.op}\\n\`);
    if (own.op % ${PUBLISHING} !== 0) return;
    await context.once('step', async () => own.op);
    await context.publish('mark', { tgt: ['web1'], tgt_type: 'list', fun: 'cmd.run', arg: [\`echo r\${own.op} >> ran\`] });
  },
};
`;
