import type { Architecture } from '../lib/bundle-index.ts';
import { clusterErrors } from '../lib/errors/cluster.ts';
import { parseMinionId } from '../lib/ids.ts';
import type { JsonMap } from '../lib/json.ts';
import { script, tokenFile, type Settings } from './user-data-script.ts';

/** What a new machine is told. */
export interface UserDataSpec {
  readonly id: string;
  /** A minion; or a master of its own with a minion beside it, which then applies the states it finds on the machine. */
  readonly role: 'minion' | 'master';
  /** Name or address of the master; a machine that is the master has its own. */
  readonly master?: string;
  readonly masterPort?: number;
  /** What `tsalt key finger --master` prints; without it the minion fetches it once and trusts what it gets. */
  readonly masterKey?: string;
  /** The single-use enrolment token. */
  readonly token?: string;
  /** tsalt's version, for the name of the directory it is unpacked in. */
  readonly version: string;
  /** The SHA-256 of the bundle for each architecture there is one for. */
  readonly bundles: Partial<Readonly<Record<Architecture, string>>>;
  /** Where bundles are fetched from: `http://<master>:<bundle_port>`, or a mirror of the same files. */
  readonly bundlesFrom: string;
  /** More of the minion's config. */
  readonly minionConfig?: JsonMap;
  /** The master's config, for the role. */
  readonly masterConfig?: JsonMap;
}

/** Nova and EC2 take no more (before it is base64). */
const mostBytes = 16_384;

/**
 * The script that cloud-init runs at a machine's first boot: fetches the bundle, checks it, installs it, writes the
 * config and starts the services. Run again it does nothing that is done. Raises `TS_CLUSTER_BAD_USER_DATA`,
 * `TS_CLUSTER_USER_DATA_TOO_BIG`, `TS_ID_BAD_MINION_ID`.
 */
export function userData(spec: UserDataSpec): string {
  const text = script(settingsOf(spec));
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) throw clusterErrors.userDataTooBig({ bytes, most: mostBytes });
  return text;
}

function settingsOf(spec: UserDataSpec): Settings {
  const id = parseMinionId(spec.id);
  const master = spec.role === 'master' ? 'localhost' : plain('master', spec.master ?? '', /^[A-Za-z0-9._:-]+$/);
  return {
    id,
    role: spec.role,
    version: plain('version', spec.version, /^[A-Za-z0-9.+-]+$/),
    bundlesFrom: plain('bundlesFrom', spec.bundlesFrom, /^https?:\/\/[A-Za-z0-9._:/[\]~-]+$/).replace(/\/+$/, ''),
    bundles: { x64: digest(spec.bundles.x64), arm64: digest(spec.bundles.arm64) },
    token: spec.token === undefined ? '' : plain('token', spec.token, /^[A-Za-z0-9._:=+/-]+$/),
    minionConfig: yaml({
      id,
      master,
      ...(spec.masterPort === undefined ? {} : { master_port: spec.masterPort }),
      ...keyConfig(spec),
      ...(spec.token === undefined ? {} : { enrolment_token_file: tokenFile }),
      ...spec.minionConfig,
    }),
    masterConfig: spec.role === 'master' ? yaml(spec.masterConfig ?? {}) : '',
  };
}

/** A machine that is the master knows its own key once it has one. */
function keyConfig({ role, masterKey }: UserDataSpec): JsonMap {
  if (role === 'master') return {};
  if (masterKey === undefined) return { trust_first_use: true };
  return { master_key: plain('masterKey', masterKey, /^[A-Za-z0-9._:=+/-]+$/) };
}

/** Nothing that a shell reads in another way stands in the script. */
function plain(name: string, text: string, form: RegExp): string {
  if (!form.test(text)) throw clusterErrors.badUserData({ name });
  return text;
}

function digest(text: string | undefined): string {
  return text === undefined ? '' : plain('bundles', text, /^[0-9a-f]{64}$/);
}

/** JSON is YAML; one option a line. */
function yaml(config: JsonMap): string {
  return Object.entries(config)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}\n`)
    .join('');
}
