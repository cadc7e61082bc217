import { readBeacons, type BeaconFinding } from '../../lib/beacons/read.ts';
import type { MinionConfig } from '../../lib/config/options.ts';
import type { BeaconEvent } from '../../lib/contracts/beacon.ts';
import { describe } from '../../lib/describe.ts';
import { isJsonMap, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { stampsOfBeacons } from '../custom/beacons.ts';
import type { CurrentCode } from '../custom/registries.ts';
import type { BeaconEngine } from './engine.ts';
import { beaconTag } from './tag.ts';

export interface BeaconOptions {
  readonly config: Pick<MinionConfig, 'id' | 'beacons'>;
  /** Makes the engine; not called while there is no beacon. */
  readonly engine: (tell: (beacon: string, event: BeaconEvent) => Promise<void>) => Promise<BeaconEngine>;
  /** The operator's own code. */
  readonly custom?: CurrentCode;
  readonly sendEvent: (tag: string, data: JsonMap) => Promise<boolean>;
  readonly log: Log;
}

/** What the minion watches. */
export interface Beacons {
  /** Takes the `beacons` of a pillar that was just made; one like the last changes nothing. */
  pillar(pillar: JsonMap): void;
  /** Takes the config's `beacons`, which were read anew. */
  config(beacons: JsonMap): void;
  /** There is other code of the operator's own than before. */
  renew(): void;
  stop(): void;
}

/** Runs the beacons of the pillar, and over them those of the config. */
export function startBeacons({ config, engine, custom = () => undefined, sendEvent, log }: BeaconOptions): Beacons {
  let known: string | undefined;
  let ofPillar: JsonMap = {};
  let ofConfig = config.beacons;
  let running: Promise<BeaconEngine> | undefined;
  let isStopped = false;
  set();

  async function tell(beacon: string, { tag = '', data }: BeaconEvent): Promise<void> {
    await sendEvent(beaconTag(config.id, beacon, tag), data);
  }

  function set(): void {
    const written = { ...ofPillar, ...ofConfig };
    const code = custom();
    const own = code && stampsOfBeacons(code);
    const text = JSON.stringify([written, [...(own ?? [])]]);
    if (text === known || isStopped) return;
    known = text;
    const { beacons, findings } = readBeacons(written, own);
    for (const finding of findings) complain(finding);
    if (beacons.length === 0 && !running) return;
    running ??= engine(tell);
    void running.then(
      (made) => isStopped || known !== text || made.set(beacons),
      (cause: unknown) => log('error', 'beacons could not be started', { reason: String(cause) }),
    );
  }

  /** What the config says was checked before the minion started: this is about a pillar, or a file that states wrote. */
  function complain({ beacon, path, isHarmless, error }: BeaconFinding): void {
    const { message } = error();
    log(isHarmless ? 'warning' : 'error', message, { key: ['beacons', ...path].join(':') });
    if (isHarmless || beacon === '') return;
    tell(beacon, { data: { error: message } }).catch((cause: unknown) =>
      log('warning', 'what is wrong with a beacon could not be told', { beacon, reason: String(cause) }),
    );
  }

  return {
    pillar({ beacons = {} }) {
      if (!isJsonMap(beacons)) log('error', "the pillar's beacons are no map", { got: describe(beacons) });
      ofPillar = isJsonMap(beacons) ? beacons : {};
      set();
    },
    config(beacons) {
      ofConfig = beacons;
      set();
    },
    renew: () => set(),
    stop() {
      isStopped = true;
      void running?.then((made) => made.stop());
    },
  };
}
