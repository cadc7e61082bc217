import os from 'node:os';
import path from 'node:path';
import type { UserDataSpec } from '../cluster/user-data.ts';
import { userData } from '../cluster/user-data.ts';
import { readBundleIndex, type BundleIndex } from '../lib/bundle-index.ts';
import { loadMasterConfig } from '../lib/config/load.ts';
import type { MasterConfig } from '../lib/config/options.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { clusterErrors } from '../lib/errors/cluster.ts';
import { didYouMean } from '../lib/errors/error.ts';
import { parseMinionId } from '../lib/ids.ts';
import { asText, isMap, type JsonMap } from '../lib/json.ts';
import { nearest } from '../lib/nearest.ts';
import { version } from '../lib/version.ts';
import { connectMaster, controlOptions } from './control.ts';
import { headNode } from './head-node.ts';
import type { Io } from './io.ts';
import { describeOptions, parseOptions } from './options.ts';

const options = {
  ...controlOptions,
  role: {
    value: 'ROLE',
    help: 'minion (default); or master: a head node with a master, a minion and Graphite of its own',
  },
  master: { value: 'HOST', help: 'the name or address by which the machine reaches this master' },
  provider: { value: 'NAME', help: 'who launches it, for the instance registry (default: by-hand)' },
  roles: { value: 'A,B', help: 'its roles, for the instance registry' },
  'bundles-from': {
    value: 'URL',
    help: 'where the bundle is fetched from (default: this master; needed for a head node)',
  },
  'bundle-dir': { value: 'DIR', help: "where bundles.json is (default: the master's bundle_dir)" },
} as const;

const help = `usage: tsalt user-data ID [OPTIONS]

Prints the cloud-init script that makes a fresh machine a minion of this master, and records it in the instance registry
with a new enrolment token: whoever holds the script can enrol as ID, once. With --role master, no master has to run.

`;

const roles = ['minion', 'master'] as const;

export default async function userDataVerb(argv: readonly string[], io: Io): Promise<number> {
  const { options: given, words, help: wanted } = parseOptions('user-data', options, argv);
  if (wanted) {
    io.out(help + describeOptions(options));
    return 0;
  }
  const [word] = words;
  if (word === undefined) throw cliErrors.missingArgument({ verb: 'user-data', what: 'the id of the new machine' });
  const id = parseMinionId(word);
  const role = roleNamed(given.role);
  const { config } = loadMasterConfig({ configDir: given['config-dir'], env: io.env });
  const directory = given['bundle-dir'] === undefined ? config.bundle_dir : path.resolve(io.cwd, given['bundle-dir']);
  const made = { id, version, bundles: ownBundles(directory) };

  if (role === 'master') {
    const bundlesFrom = given['bundles-from'];
    if (bundlesFrom === undefined) {
      const what = '--bundles-from URL: it has no master yet to fetch a bundle from';
      throw cliErrors.missingArgument({ verb: 'user-data --role master', what });
    }
    io.out(userData({ ...made, ...headNode, role, bundlesFrom }));
    return 0;
  }

  const master = given.master ?? ownAddress(config);
  if (given.master === undefined)
    io.err(`the machine will look for its master at ${master} (--master says otherwise)\n`);
  const control = await connectMaster(given, io);
  try {
    const status = asMap(await control.call('status'));
    const port = Number(status.bundle_port);
    if (given['bundles-from'] === undefined && port === 0) {
      throw clusterErrors.noBundleServer(undefined, {
        hint: "say 'bundle_server: true' in the master's config and restart it, or --bundles-from URL",
      });
    }
    const spec: Omit<UserDataSpec, 'token'> = {
      ...made,
      role,
      master,
      masterPort: Number(status.ret_port),
      masterKey: asText(asMap(await control.call('key.finger', { master: true })).master),
      bundlesFrom: given['bundles-from'] ?? `http://${bracketed(master)}:${port}`,
      minionConfig: { collectors: true },
    };
    // Tried without: a script that can't be made uses up no id.
    userData(spec);
    const machine = { id, provider: given.provider ?? 'by-hand', roles: listed(given.roles) };
    const token = asText(asMap(await control.call('instance.add', machine)).token);
    await control.call('instance.starting', { id, reason: 'its user-data was made' });
    io.out(userData({ ...spec, token }));
    return 0;
  } finally {
    control.close();
  }
}

const asMap = (value: unknown): JsonMap => (isMap(value) ? (value as JsonMap) : {});
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const listed = (text: string | undefined): string[] => (text ?? '').split(',').filter((word) => word !== '');

function roleNamed(name = 'minion'): (typeof roles)[number] {
  const role = roles.find((known) => known === name);
  if (role) return role;
  throw cliErrors.badOptionValue(
    { option: '--role', value: name, expected: roles.join(' or ') },
    { hint: didYouMean(nearest(name, roles)) },
  );
}

/** Where the master listens; when that is everywhere, this machine's first address that others reach. */
function ownAddress({ interface: address }: MasterConfig): string {
  if (address !== '0.0.0.0' && address !== '::') return address;
  const cards = Object.values(os.networkInterfaces()).flatMap((card) => card ?? []);
  return cards.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? os.hostname();
}

/** The hashes of the bundles of this very version, by architecture. Raises `TS_CLUSTER_NO_BUNDLE`. */
function ownBundles(directory: string): BundleIndex['bundles'] {
  const { version: made, bundles } = readBundleIndex(directory);
  if (made !== version) throw clusterErrors.noBundle({ directory, reason: `what is there is of version ${made}` });
  return bundles;
}
