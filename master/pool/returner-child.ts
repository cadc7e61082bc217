import type { BusEvent } from '../../lib/contracts/events.ts';
import type { CustomReturner, OpenReturner, Returner } from '../../lib/contracts/returner.ts';
import type { LoadedCustom } from '../../lib/custom/load.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { isRefusal, returnerErrors } from '../../lib/errors/returners.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { builtinReturners } from '../../returners/registry.ts';
import { ownSettings, readOwnSettings } from '../../returners/configured.ts';
import type { OwnCode } from '../own-code.ts';
import { loadOwn } from './load-own.ts';
import { defaultExport } from './default-export.ts';
import { packError } from '../../lib/system/child/channel.ts';
import { serve } from '../../lib/system/child/serve.ts';

/*
 * The program of a process for one returner: `open` it with its settings, then `send` it events, one batch at a time; or only
 * `check` the settings for one of the state tree.
 */

/** What a returner's process is told first; `code` is a file of the state tree. */
interface Order {
  readonly name: string;
  readonly file?: string;
  readonly code?: OwnCode;
  readonly kind?: string;
  readonly settings: Json;
  readonly master: string;
}

let opened: OpenReturner | undefined;
/** Gives what code of the state tree threw its place in the file. */
let blame: LoadedCustom['blame'] | undefined;
let sending: AbortController | undefined;

const master = serve(async (what, of) => {
  // The master says nothing else.
  if (what === 'open') return open(of as unknown as Order);
  if (what === 'check') return check(of as unknown as Required<Order>);
  if (what === 'send') return send(of as unknown as readonly BusEvent[]);
  sending?.abort();
  if (what === 'close') await opened?.close?.();
  return null;
});

const log: Log = (level, message, facts = {}) =>
  void master.ask('log', { level, message, facts: { ...facts } as JsonMap }).catch(() => {});

async function open({ name, file, code, kind = '', settings, master: id }: Order): Promise<null> {
  const context = { master: id, log };
  try {
    if (code) {
      const loaded = await loadOwn(code);
      blame = loaded.blame;
      // Its kind's shape has it.
      const own = loaded.value as CustomReturner;
      const made = ownSettings(name, own.settings, isMap(settings) ? (settings as JsonMap) : {});
      opened = await loaded.during(async () => own.open(made, context));
    } else {
      const returner = file === undefined ? await builtinReturners.load(kind) : await defaultExport(file);
      if (!isReturner(returner)) throw new TypeError('its default export is no returner: {open(settings, context)}');
      opened = await returner.open(settings, context);
    }
    if (typeof opened?.send !== 'function') throw new TypeError('what it opens has no send(events, signal)');
    return null;
  } catch (error) {
    const { sentence: why, place, hint } = error instanceof TsaltError ? error : { sentence: messageOf(error) };
    throw returnerErrors.badCode({ file: file ?? code?.path ?? kind, why }, { place, hint, cause: error });
  }
}

/** What is wrong with settings. Raises what is wrong with the code. */
async function check({ name, code, settings }: Required<Order>): Promise<Json> {
  const loaded = await loadOwn(code);
  // Its kind's shape has it.
  const own = loaded.value as CustomReturner;
  const { findings } = readOwnSettings(name, own.settings, isMap(settings) ? (settings as JsonMap) : {});
  return findings.map(({ path, ofKey, error }) => ({ path: [...path], ofKey, error: packError(error()) }));
}

async function send(events: readonly BusEvent[]): Promise<Json> {
  sending = new AbortController();
  try {
    await opened?.send(events, sending.signal);
    return null;
  } catch (error) {
    if (error instanceof TsaltError) throw error;
    if (isRefusal(error)) throw returnerErrors.refused({ where: 'the returner', answer: messageOf(error) });
    throw blame?.(error) ?? returnerErrors.failed({ why: messageOf(error) });
  }
}

function isReturner(value: unknown): value is Returner {
  return isMap(value) && typeof value['open'] === 'function';
}
