import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import type { OpenReturner } from '../../lib/contracts/returner.ts';
import type { PlaceOf } from '../../lib/config/check.ts';
import { together } from '../../lib/errors/error.ts';
import { fnmatch } from '../../lib/fnmatch.ts';
import type { Json, JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { placeWithoutLine } from '../../lib/place.ts';
import { isFile, readReturners, type ConfiguredReturner } from '../../returners/configured.ts';
import { builtinReturners } from '../../returners/registry.ts';
import { modulesIn, type Trees } from '../own-code.ts';
import { apartReturner } from '../pool/apart-returner.ts';
import type { ReadyReturner } from './consumer.ts';
import { treeReturner } from './of-tree.ts';

export interface OpenReturnersOptions {
  /** `returners` of the master's config. */
  readonly written: JsonMap;
  /** Where a part of that is said, by its path in the config. */
  readonly placeOf?: PlaceOf | undefined;
  /** Where relative paths of files start. */
  readonly directory: string;
  /** State trees, of which `_returners` may be named. */
  readonly trees: Trees;
  /** More may come with what is not fetched yet. */
  readonly mayGrow: boolean;
  /** Salt's id of the master. */
  readonly master: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the returners of a config ready. Raises `TS_RETURNER_...` for all that is wrong with it; none is left open then. */
export async function openReturners(options: OpenReturnersOptions): Promise<ReadyReturner[]> {
  const { returners, findings } = await readReturners(options.written, builtinReturners, {
    names: [...modulesIn(options.trees, 'returners').values()],
    mayGrow: options.mayGrow,
  });
  const [first, ...others] = findings.map(({ path, ofKey, error }) => {
    const place = options.placeOf?.(['returners', ...path], ofKey);
    // There may be a secret in its line.
    return error({ place: place && placeWithoutLine(place) });
  });
  if (first) throw together(first, others);
  const ready: ReadyReturner[] = [];
  try {
    for (const returner of returners) ready.push(await openReturner(returner, options));
    return ready;
  } catch (error) {
    await Promise.all(ready.map(async (one) => one.close?.()));
    throw error;
  }
}

async function openReturner(configured: ConfiguredReturner, options: OpenReturnersOptions): Promise<ReadyReturner> {
  const { name, kind, events: tags, batch, timeoutMs } = configured;
  const tests = tags.map(fnmatch);
  const opened = await open(configured, options);
  return {
    name,
    kind,
    tags,
    matches: (tag) => tests.some((test) => test(tag)),
    batch,
    timeoutMs,
    send: (events, signal) => opened.send(events, signal),
    close: async () => opened.close?.(),
  };
}

async function open(configured: ConfiguredReturner, options: OpenReturnersOptions): Promise<OpenReturner> {
  const { name, kind, returner, settings, timeoutMs } = configured;
  const { directory, trees, master, clock } = options;
  const log: Log = (level, message, facts) => options.log(level, message, { returner: name, ...facts });
  if (returner && returner.isApart !== true) return returner.open(settings, { master, log });
  const apart = { name, settings: settings as Json, master, timeoutMs, clock, log };
  if (isFile(kind)) return apartReturner({ ...apart, of: { file: path.resolve(directory, kind) } });
  return returner ? apartReturner({ ...apart, of: { kind } }) : treeReturner({ ...apart, kind, trees });
}
