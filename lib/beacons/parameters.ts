import * as v from 'valibot';
import { absolutePath, flag, scalar } from '../argument-kinds.ts';
import { translatePattern } from '../regex.ts';

/*
 * What may be written of each beacon, in Salt's words and forms. The beacons themselves, in `minion/beacons`, are handed what
 * comes of it; config files, states and functions are checked against it.
 */

const seconds = 'a number of seconds from 0.1';

/** What every beacon takes besides its own. */
export const commonOptions = v.strictObject({
  /** Seconds between two looks. Salt's default, too. */
  interval: v.optional(v.pipe(v.number(seconds), v.minValue(0.1, seconds)), 1),
  /** It does not look while states are run. */
  disable_during_state_run: flag(false),
  enabled: flag(true),
  /** It looks once, and is done. */
  run_once: flag(false),
  /** Which beacon it is, where it goes by a name of its own. */
  beacon_module: v.optional(v.string('the name of a beacon')),
});

const percentWords = 'a percentage, such as 63%';
const percent = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?\s*%?$/, percentWords))], percentWords),
  // What is no number was told by the one before.
  v.check((given) => !(Number.parseFloat(String(given)) > 100 || Number.parseFloat(String(given)) < 0), percentWords),
  v.transform((given) => Number.parseFloat(String(given))),
);

const pattern = v.pipe(v.string('a pattern'), v.check(isPattern, 'a pattern that can be read'));

function isPattern(text: string): boolean {
  try {
    translatePattern(text);
    return true;
  } catch {
    return false;
  }
}

const bounds = v.optional(v.tuple([v.number(), v.number()], 'a list of two numbers: from, to'));

/** Changes of files that can be told from what is there before and after. */
export const seenMasks = [
  'attrib',
  'close_write',
  'create',
  'delete',
  'delete_self',
  'modify',
  'move_self',
  'moved_from',
  'moved_to',
] as const;
export type Mask = (typeof seenMasks)[number];
/** Salt's others: who only opens or reads a file leaves nothing to see. */
const unseenMasks = [
  'access',
  'close_nowrite',
  'dont_follow',
  'excl_unlink',
  'ignored',
  'oneshot',
  'onlydir',
  'open',
  'unmount',
] as const;

const watchedFile = v.nullish(
  v.strictObject({
    mask: v.optional(
      v.array(
        v.picklist([...seenMasks, ...unseenMasks], `one of ${seenMasks.join(', ')}`),
        `a list of ${seenMasks.join(', ')}`,
      ),
      ['create', 'delete', 'modify'],
    ),
    recurse: flag(false),
    auto_add: flag(false),
    exclude: v.optional(
      v.array(
        v.union(
          [v.string(), v.record(pattern, v.strictObject({ regex: flag(false) }))],
          'a path or {pattern: {regex: true}}',
        ),
      ),
      [],
    ),
  }),
  {},
);

const watchedService = v.nullish(
  v.strictObject({
    onchangeonly: flag(false),
    emitatstartup: flag(true),
    delay: v.optional(v.pipe(v.number('a number of seconds'), v.minValue(0, 'a number of seconds')), 0),
    uncleanshutdown: v.optional(absolutePath),
  }),
  {},
);

const threshold = v.optional(
  v.pipe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))], 'a number')),
);

/** Figures of a network interface, by Salt's names. */
export const interfaceFigures = {
  bytes_sent: threshold,
  bytes_recv: threshold,
  packets_sent: threshold,
  packets_recv: threshold,
  errin: threshold,
  errout: threshold,
  dropin: threshold,
  dropout: threshold,
};

const onValueAs = (words: string) =>
  v.optional(v.nullable(v.strictObject({ onvalue: v.optional(v.union([scalar, v.array(v.unknown())])) }, words)));
const onValue = onValueAs('nothing, or {onvalue: a value}');
const unseenValue = onValueAs("Salt's: it has no effect");

/** Settings of a network interface that can be read here. */
export const interfaceSettings = {
  address: onValue,
  broadcast: onValue,
  carrier: onValue,
  carrier_changes: onValue,
  flags: onValue,
  group: onValue,
  ifi_type: onValue,
  ifname: onValue,
  index: onValue,
  ipaddr: onValue,
  linkmode: onValue,
  mtu: onValue,
  operstate: onValue,
  promiscuity: onValue,
  txqlen: onValue,
};
const unseenSettings = {
  family: unseenValue,
  ipdb_priority: unseenValue,
  ipdb_scope: unseenValue,
  kind: unseenValue,
  neighbours: unseenValue,
  num_rx_queues: unseenValue,
  num_tx_queues: unseenValue,
  ports: unseenValue,
  qdisc: unseenValue,
};

const statusFields = v.optional(v.union([v.array(scalar), scalar], "a list of fields, or 'all'"));

const journalField = v.pipe(
  v.string(),
  v.regex(/^_{0,2}[A-Z0-9][A-Z0-9_]*$/, 'the name of a field, such as SYSLOG_IDENTIFIER'),
);

/** The parameters of each beacon, by its name. */
export const beaconParameters = {
  diskusage: v.record(v.pipe(v.string(), v.includes('/', 'a mount point, such as /, or a pattern of them')), percent),
  inotify: v.strictObject({
    files: v.record(absolutePath, watchedFile, 'a map from path to what is watched there'),
    coalesce: flag(true),
  }),
  journald: v.strictObject({
    services: v.record(v.string(), v.record(journalField, scalar), 'a map from name to the fields of its entries'),
  }),
  load: v.strictObject({
    averages: v.pipe(
      v.strictObject({ '1m': bounds, '5m': bounds, '15m': bounds }),
      v.check((given) => Object.values(given).some((one) => one !== undefined), 'bounds for 1m, 5m or 15m'),
    ),
    onchangeonly: flag(false),
    emitatstartup: flag(true),
  }),
  log: v.strictObject({
    file: absolutePath,
    tags: v.record(v.string(), v.strictObject({ regex: pattern }), 'a map from tag to {regex: a pattern}'),
  }),
  memusage: v.strictObject({ percent }),
  network_info: v.strictObject({
    interfaces: v.record(
      v.string(),
      v.strictObject({ type: v.optional(v.picklist(['equal', 'greater']), 'equal'), ...interfaceFigures }),
      'a map from interface to its figures',
    ),
  }),
  network_settings: v.strictObject({
    interfaces: v.record(
      v.string(),
      v.strictObject({ ...interfaceSettings, ...unseenSettings }),
      'a map from interface to its settings',
    ),
    coalesce: flag(false),
  }),
  ps: v.strictObject({
    processes: v.record(v.string(), v.picklist(['running', 'stopped']), 'a map from process to running or stopped'),
  }),
  service: v.strictObject({
    services: v.record(v.string(), watchedService, 'a map from service to what is told of it'),
  }),
  status: v.strictObject({
    loadavg: statusFields,
    cpustats: statusFields,
    meminfo: statusFields,
    vmstats: statusFields,
    time: statusFields,
  }),
  swapusage: v.strictObject({ percent }),
};

export type BeaconName = keyof typeof beaconParameters;
export type ParametersOf<N extends BeaconName> = v.InferOutput<(typeof beaconParameters)[N]>;

export const beaconNames = Object.keys(beaconParameters) as BeaconName[];

export function isBeaconName(name: string): name is BeaconName {
  return Object.hasOwn(beaconParameters, name);
}

const unseenWords: ReadonlySet<string> = new Set([...unseenMasks, ...Object.keys(unseenSettings)]);

/** What of Salt's words for this beacon asks for something that can't be seen here, with where it is. */
export function unseenIn(name: BeaconName, written: unknown, path: readonly (string | number)[] = []): Unseen[] {
  if (name !== 'inotify' && name !== 'network_settings') return [];
  if (typeof written === 'string')
    return path.at(-2) === 'mask' && unseenWords.has(written) ? [{ what: written, path }] : [];
  if (typeof written !== 'object' || written === null) return [];
  return Object.entries(written).flatMap(([key, inner]) => {
    const below = [...path, Array.isArray(written) ? Number(key) : key];
    const isSetting = name === 'network_settings' && path[0] === 'interfaces' && path.length === 2;
    return isSetting && unseenWords.has(key) ? [{ what: key, path: below }] : unseenIn(name, inner, below);
  });
}

interface Unseen {
  readonly what: string;
  readonly path: readonly (string | number)[];
}
