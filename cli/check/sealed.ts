import { keyFolder, type ConfigSource } from '../../lib/config/load.ts';
import { TsaltError } from '../../lib/errors/error.ts';
import { openerOf, sealKeys } from '../../wire/sealed/keys.ts';
import { readSealed } from '../../wire/sealed/seal.ts';
import type { OpenSealed } from '../../pillar/secrets.ts';

/** What stands for a secret that can't be opened here. */
const closed = '[sealed]';

/**
 * Opens what is sealed with the keys of a master or minion on this machine. Where there are none, or they may not be read, it
 * is only looked at whether it is whole: whoever checks files need not be who may open them.
 */
export function openerForCheck(source: Pick<ConfigSource, 'configDir' | 'env'>): OpenSealed {
  const folders = (['master', 'minion'] as const).map((daemon) => keyFolder(daemon, source));
  return folders.some(hasKeys)
    ? openerOf(folders)
    : (text) => {
        readSealed(text);
        return closed;
      };
}

function hasKeys(folder: string): boolean {
  try {
    return sealKeys(folder).length > 0;
  } catch (thrown) {
    if (thrown instanceof TsaltError && thrown.code !== 'TS_WIRE_KEY_UNREADABLE') throw thrown;
    return false;
  }
}
