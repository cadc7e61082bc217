import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { nspawnProvider, type NspawnProvider } from '../../cluster/providers/nspawn/provider.ts';
import { userData } from '../../cluster/user-data.ts';
import { demoErrors } from '../../lib/errors/demo.ts';
import { asText, isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { lineLog } from '../../lib/log.ts';
import { version } from '../../lib/version.ts';
import { makeBundle } from './bundle.ts';
import { startCarbon, type Carbon } from './carbon.ts';
import { reactorLines, type Setting, type SettingOptions } from './settings.ts';
import type { Stage } from './stage.ts';

/** Images and packages stay here between runs. */
const cacheDirectory = '/var/cache/tsalt/nspawn';

/** What is run here, and the Debian package it is in. */
const tools = {
  'apt-ftparchive': 'apt-utils',
  bridge: 'iproute2',
  'carbon-cache': 'graphite-carbon',
  ip: 'iproute2',
  mmdebstrap: 'mmdebstrap',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'systemd-nspawn': 'systemd-container',
};

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Real Debian machines, each given nothing but user-data: they fetch the bundle from the master, which runs on this machine
 * beside a real Graphite store. Raises `TS_DEMO_NOT_HERE` before anything is made; nothing is left when it fails later.
 */
export async function nspawnSetting(options: SettingOptions): Promise<Setting> {
  const reason = reasonNotHere();
  if (reason !== undefined) throw demoErrors.notHere({ provider: 'nspawn', reason });
  const { directory, clock, say } = options;
  const log = lineLog(
    (line) => process.stderr.write(line),
    () => clock.now(),
    { least: 'warning' },
  );
  const provider = nspawnProvider({ directory: path.join(directory, 'machines'), cacheDirectory, clock, log });
  const endings: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (let end = endings.pop(); end; end = endings.pop()) await end();
  };
  try {
    say('looking after the Debian image (built when it is missing: a minute)');
    await provider.image();
    await provider.providePackages(['nginx-light']);
    say('making the bundle that the machines will fetch');
    const bundles = await makeBundle(path.join(directory, 'bundles'));
    const carbon = await startCarbon();
    endings.push(() => carbon.close());
    const gateway = await provider.open();
    endings.push(() => provider.close());
    return setting({ ...options, provider, gateway, carbon, bundles, close });
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Parts extends SettingOptions {
  readonly provider: NspawnProvider;
  readonly gateway: string;
  readonly carbon: Carbon;
  readonly bundles: Parameters<typeof userData>[0]['bundles'];
  readonly close: () => Promise<void>;
}

function setting({ directory, example, without, provider, gateway, carbon, bundles, close }: Parts): Setting {
  const outputOf = async (id: string, ...command: string[]): Promise<string | undefined> => {
    const { code, stdout } = await provider.exec(id, command).catch(() => ({ code: 1, stdout: '' }));
    return code === 0 ? stdout : undefined;
  };
  return {
    provider,
    patienceSeconds: 420,
    masterConfig: {
      interface: gateway,
      bundle_server: true,
      bundle_dir: path.join(directory, 'bundles'),
      'graphite.host': carbon.host,
      'graphite.port': carbon.port,
      reactor: reactorLines(example, without),
    },
    userData: ({ master }, id, token) =>
      userData({
        id,
        role: 'minion',
        master: gateway,
        masterPort: master.ret_port,
        masterKey: master.master_key,
        ...(token === '' ? {} : { token }),
        version,
        bundles,
        bundlesFrom: `http://${gateway}:${master.bundle_port}`,
        minionConfig: { collectors: without === 'stats' ? false : 2 },
      }),
    readBack: (id, file) => outputOf(id, 'cat', `/${file}`),
    storedOf(id) {
      const metric = `${id}.load.1m`;
      const last = carbon.series(metric).at(-1);
      return last && `${metric} in Graphite: ${last[1]} at ${new Date(last[0] * 1000).toISOString()}`;
    },
    finale: (stage, members) => restartOnChange(stage, members[0] ?? '', outputOf),
    lookHere: (stage) => [
      `${directory}/machines   the machines: images, files, consoles`,
      `${stage.log}   the master's log`,
      `examples/seven-steps   their states, pillar and reactor; tsalt user-data --help   a machine of your own`,
    ],
    close,
  };
}

/** Changes a service's file by pillar, through the master, and looks at the service on the machine before and after. */
async function restartOnChange(
  { control }: Stage,
  id: string,
  outputOf: (id: string, ...command: string[]) => Promise<string | undefined>,
): Promise<{ readonly done: boolean; readonly told: string }> {
  const pid = async (): Promise<string> =>
    (await outputOf(id, 'systemctl', 'show', '--value', '--property', 'MainPID', 'nginx'))?.trim() ?? '0';
  const before = await pid();
  let states: Json = null;
  const order: JsonMap = {
    tgt: id,
    tgt_type: 'glob',
    fun: 'state.apply',
    arg: ['web'],
    kwarg: { pillar: { web_port: 8081 } },
    timeout: 60,
  };
  await control.call('exec', order, (told) => {
    if (isMap(told) && told.id === id) states = told.return ?? told.reason ?? null;
  });
  const after = await pid();
  const answers = Object.entries(isMap(states) ? (states as JsonMap) : {});
  const service = answers.find(([name]) => name.startsWith('service_'))?.[1];
  const done = before !== '0' && after !== '0' && before !== after && isMap(service) && service.result === true;
  const comment = isMap(service) ? asText(service.comment) : JSON.stringify(states);
  return { done, told: `nginx was process ${before}, is process ${after}: ${comment}` };
}

/** Why real machines can't be had here; undefined where they can. */
function reasonNotHere(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) return 'it takes a Debian';
  if (!/^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'))) return 'it takes a Debian';
  if (process.getuid?.() !== 0) return 'it takes root';
  const missing = Object.entries(tools).filter(([tool]) => !isInstalled(tool));
  if (missing.length === 0) return undefined;
  return `first run apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')}`;
}

function isInstalled(tool: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
