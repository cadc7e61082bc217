import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { anyMachine, fault, goOn } from '../nemesis.ts';
import type { Row } from '../row.ts';
import type { Link, World } from '../world.ts';

/** Longer than both ends wait for a sign of life. */
const LONG_MS = 17_000;

/** A row that does something to one link, for a short time or until both ends have noticed. */
const onLink = (name: string, what: string, hurt: (link: Link, world: World) => void, long = true): Row => ({
  name: `link-${name}`,
  what,
  async faults(world) {
    await goOn(world, 300, 1_000);
    const { link, minion } = anyMachine(world);
    const ms = long && world.random.oneIn(3) ? LONG_MS : 1_000 + world.random.below(3_000);
    fault(world, `the link of ${minion.id}: ${what}, for ${ms} ms`);
    hurt(link, world);
    await delay(ms);
    link.heal();
    await goOn(world, 500, 1_500);
  },
});

const each = (link: Link, world: World, hurt: (proxy: Link['proxies'][number]) => void): void => {
  // One of the two connections, or both.
  const [first, second] = link.proxies;
  const which = world.random.below(3);
  for (const proxy of which === 0 ? [first] : which === 1 ? [second] : [first, second]) if (proxy) hurt(proxy);
};

export const linkRows: readonly Row[] = [
  onLink('cut', 'both connections go dead, both ways', (link) => link.cut()),
  onLink('cut-up', 'what the minion says does not arrive', (link) => link.cut('up')),
  onLink('cut-down', 'what the master says does not arrive', (link) => link.cut('down')),
  onLink('half-open-near', "the minion's end is gone, and the master is not told", (link, world) =>
    each(link, world, (proxy) => proxy.halve('near')),
  ),
  onLink('half-open-far', "the master's end is gone, and the minion is not told", (link, world) =>
    each(link, world, (proxy) => proxy.halve('far')),
  ),
  onLink('reset', 'connections are reset', (link, world) => each(link, world, (proxy) => proxy.reset()), false),
  onLink('late', 'every piece is 300 ms late', (link) => link.slow({ delayMs: 300 }), false),
  onLink('slow', '200 bytes a second', (link) => link.slow({ bytesPerSecond: 200 })),
  onLink(
    'garbled',
    'pieces come twice, or in another order',
    (link, world) =>
      each(link, world, (proxy) =>
        proxy.garble(world.random.pick(['twice', 'swapped']), world.random.pick(['up', 'down'])),
      ),
    false,
  ),
  {
    name: 'link-replayed',
    what: 'what a minion sent is sent to the master again, over other connections',
    async faults(world) {
      await goOn(world, 1_000, 2_000);
      const { link } = anyMachine(world);
      fault(world, 'what was recorded is played again');
      for (const proxy of link.proxies) {
        const again = connect(proxy.port, '127.0.0.1');
        again.on('error', () => {});
        for (const piece of proxy.recorded.slice()) again.write(piece);
        await delay(500);
        again.destroy();
      }
      await goOn(world, 500, 1_000);
    },
  },
  {
    name: 'all-links-cut',
    what: 'every minion is cut off, and the master is killed meanwhile',
    async faults(world) {
      await goOn(world, 300, 1_000);
      fault(world, 'all links are cut');
      for (const { link } of world.machines) link.cut();
      await goOn(world, 300, 2_000);
      fault(world, 'the master is killed');
      await world.cluster.master.kill9();
      await goOn(world, 0, 500);
      for (const { link } of world.machines) link.heal();
    },
  },
];
