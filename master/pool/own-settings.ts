import type { Clock } from '../../lib/clock.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import { silent } from '../../lib/log.ts';
import { unpackError } from '../../lib/system/child/channel.ts';
import { startChild } from '../../lib/system/child/start.ts';
import type { OwnCode } from '../own-code.ts';
import { poolProgram } from './programs.ts';

/** What is wrong with settings; `path` is below the option `returners`. */
export interface SettingsMistake {
  readonly path: readonly string[];
  /** At the name there, not at its value. */
  readonly ofKey: boolean;
  readonly error: TsaltError;
}

const checkMs = 30_000;

/**
 * What is wrong with settings by what a returner of the state tree says that it takes. It is asked in a process of its own.
 * Raises what is wrong with its code.
 */
export async function ownSettingsMistakes(
  { name, code, settings }: { readonly name: string; readonly code: OwnCode; readonly settings: JsonMap },
  clock: Clock,
): Promise<SettingsMistake[]> {
  const child = startChild({ program: poolProgram('returner-child'), clock, log: silent });
  try {
    // All of it is plain data.
    const found = await child.ask('check', { name, code, settings } as unknown as Json, checkMs);
    return (Array.isArray(found) ? found : []).flatMap((one) => {
      const error = isMap(one) ? unpackError(one['error']) : undefined;
      if (!isMap(one) || !Array.isArray(one['path']) || !(error instanceof TsaltError)) return [];
      return [{ path: one['path'].map(String), ofKey: one['ofKey'] === true, error }];
    });
  } finally {
    child.kill();
  }
}
