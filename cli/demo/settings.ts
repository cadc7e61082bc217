import { readFileSync } from 'node:fs';
import path from 'node:path';
import { processProvider } from '../../cluster/providers/process.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Provider } from '../../lib/contracts/provider.ts';
import { clusterErrors } from '../../lib/errors/cluster.ts';
import { didYouMean } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Stage } from './stage.ts';
import type { StepName } from './steps.ts';

/** What differs between the kinds of machines that the demo can launch. */
export interface Setting {
  readonly provider: Provider;
  readonly patienceSeconds: number;
  readonly masterConfig: JsonMap;
  /** What a member is given, in its provider's form. */
  userData(stage: Stage, id: string, token: string): string;
  /** A file of a member, read back from the machine itself; undefined when it is not there yet. */
  readBack(id: string, file: string): Promise<string | undefined>;
  /** What Graphite has stored of a member, read back from its files; without it, a sample's event is sign enough. */
  storedOf?(id: string): string | undefined;
  /** What is shown once all members have taken all steps, and whether it came out. */
  finale?(stage: Stage, members: readonly string[]): Promise<{ readonly done: boolean; readonly told: string }>;
  /** Lines for "where to look next". */
  lookHere(stage: Stage): readonly string[];
  close(): Promise<void>;
}

export interface SettingOptions {
  readonly directory: string;
  /** The tree of examples/seven-steps. */
  readonly example: string;
  readonly tsalt: readonly string[];
  readonly clock: Clock;
  /** A step that is to fail, so that a test sees that the demo notices. */
  readonly without: StepName | undefined;
  /** Tells the audience what takes a while. */
  readonly say: (text: string) => void;
}

const settings: Readonly<Record<string, (options: SettingOptions) => Promise<Setting>>> = {
  process: async (options) => processSetting(options),
  nspawn: async (options) => (await import('./nspawn.ts')).nspawnSetting(options),
};

/** Raises `TS_CLUSTER_UNKNOWN_PROVIDER`, and `TS_DEMO_NOT_HERE` where that provider can't work. */
export async function settingOf(name: string, options: SettingOptions): Promise<Setting> {
  const make = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (!make) throw clusterErrors.unknownProvider({ name }, { hint: didYouMean(nearest(name, Object.keys(settings))) });
  return make(options);
}

/** The reactor lines that a fresh master of a cluster has, less the one that is to be missed. */
export function reactorLines(example: string, without: StepName | undefined): JsonMap[] {
  const lines: { step: StepName | undefined; line: JsonMap }[] = [
    { step: 'accepted', line: { 'salt/auth': ['builtin:auth'] } },
    { step: 'highstate', line: { 'salt/minion/*/start': ['builtin:start'] } },
    { step: undefined, line: { 'tsalt/instance/*/ready': [path.join(example, 'reactor/hosts.sls')] } },
    { step: 'stats', line: { 'collector/result': ['builtin:result'] } },
  ];
  return lines.filter(({ step }) => step === undefined || step !== without).map(({ line }) => line);
}

function processSetting({ directory, example, tsalt, clock, without }: SettingOptions): Setting {
  const machines = path.join(directory, 'machines');
  const provider = processProvider({ directory: machines, tsalt, clock });
  return {
    provider,
    patienceSeconds: 60,
    masterConfig: { interface: '127.0.0.1', reactor: reactorLines(example, without) },
    userData: (stage, id, token) =>
      JSON.stringify({
        id,
        master: stage.address,
        master_port: stage.master.ret_port,
        master_key: stage.master.master_key,
        ...(token === '' ? {} : { enrolment_token: token }),
        // Its commands run on this machine, in its own directory: it has no system of its own to be confined to.
        allow_commands_outside_root: true,
        collectors: without === 'stats' ? false : 2,
        // Every state then comes out well, and the entries are not where they have to be.
        ...(without === 'hosts' ? { 'hosts.file': '/etc/hosts.elsewhere' } : {}),
      }),
    async readBack(id, file) {
      try {
        return readFileSync(path.join(machines, id, 'root', file), 'utf8');
      } catch {
        return undefined;
      }
    },
    lookHere: (stage) => [
      `${machines}/*/root   what each machine manages`,
      `${stage.log}   the master's log`,
      `tsalt --help   and docs/guides: write your own states and reactors`,
    ],
    close: async () => {},
  };
}
