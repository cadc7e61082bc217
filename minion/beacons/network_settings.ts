import { interfaceSettings, type ParametersOf } from '../../lib/beacons/parameters.ts';
import type { Beacon, BeaconContext } from '../../lib/contracts/beacon.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';

type Setting = keyof typeof interfaceSettings;
type Settings = Readonly<Partial<Record<Setting, Json>>>;

const folder = '/sys/class/net';
const PROMISCUOUS = 0x100;

/** What sysfs calls them (Documentation/ABI/testing/sysfs-class-net of the kernel), and what netlink and Salt do. */
const numbers = {
  carrier: 'carrier',
  carrier_changes: 'carrier_changes',
  flags: 'flags',
  group: 'netdev_group',
  ifi_type: 'type',
  index: 'ifindex',
  linkmode: 'link_mode',
  mtu: 'mtu',
  txqlen: 'tx_queue_len',
} as const;

/** How the interfaces of this machine are set, by name. */
function readSettings({ list, readText, addresses }: BeaconContext): ReadonlyMap<string, Settings> {
  const ips = addresses();
  const text = (name: string, file: string): string | undefined => {
    try {
      return readText(`${folder}/${name}/${file}`).trim();
    } catch {
      // Not every kind of interface has it, and none while it is down has a carrier.
      return undefined;
    }
  };
  return new Map(
    list(folder)
      // bonding_masters lies there, too, and is none.
      .filter((name) => text(name, 'ifindex') !== undefined)
      .map((name) => {
        const counted = Object.entries(numbers).flatMap(([setting, file]): [string, Json][] => {
          const value = text(name, file);
          return value === undefined ? [] : [[setting, Number(value)]];
        });
        const words = { address: text(name, 'address'), broadcast: text(name, 'broadcast') };
        const flags = Number(text(name, 'flags') ?? 0);
        const settings = {
          ...Object.fromEntries(counted),
          ...Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined)),
          ifname: name,
          operstate: (text(name, 'operstate') ?? '').toUpperCase(),
          promiscuity: (flags & PROMISCUOUS) === 0 ? 0 : 1,
          ipaddr: (ips[name] ?? []).map(([address, prefix]) => [address, prefix]),
        } as Settings;
        return [name, settings];
      }),
  );
}

const same = (one: Json | undefined, other: Json | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

const networkSettings: Beacon<ParametersOf<'network_settings'>> = {
  summary:
    'A setting of a network interface has changed, or with `onvalue` has changed to that. Names of interfaces may have `*` in them; `coalesce` makes all changes one event.',
  example: `
beacons:
  network_settings:
    - interfaces:
        eth0:
          ipaddr:
          promiscuity:
            onvalue: 1
        'veth*':
          operstate:
    - coalesce: true
`,
  data: '{interface: eth0, change: {promiscuity: 1}}; with `coalesce` {changes: {eth0: {promiscuity: 1}}}',
  start({ interfaces, coalesce }, context) {
    const patterns = Object.entries(interfaces).map(([name, wanted]) => [fnmatch(name), wanted] as const);
    let before: ReadonlyMap<string, Settings> | undefined;

    function changeOf(wanted: (typeof interfaces)[string], was: Settings, now: Settings): JsonMap {
      const changed = (Object.keys(wanted) as Setting[]).filter((setting) => {
        const only = wanted[setting];
        const value = isMap(only) ? (only.onvalue as Json | undefined) : undefined;
        return !same(was[setting], now[setting]) && (value === undefined || same(value, now[setting]));
      });
      return Object.fromEntries(changed.map((setting) => [setting, now[setting] ?? null]));
    }

    return {
      look() {
        const now = readSettings(context);
        const last = before ?? now;
        before = now;
        const changes: JsonMap = {};
        for (const [isMeant, wanted] of patterns) {
          for (const [name, settings] of now) {
            if (!isMeant(name)) continue;
            const change = changeOf(wanted, last.get(name) ?? {}, settings);
            if (Object.keys(change).length > 0)
              changes[name] = { ...(changes[name] as JsonMap | undefined), ...change };
          }
        }
        const all = Object.entries(changes);
        if (all.length === 0) return [];
        if (coalesce) return [{ tag: 'result', data: { changes } }];
        return all.map(([name, change]) => ({ tag: name, data: { interface: name, change } }));
      },
    };
  },
};

export default networkSettings;
