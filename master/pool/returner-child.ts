import type { BusEvent } from '../../lib/contracts/events.ts';
import type { OpenReturner, Returner } from '../../lib/contracts/returner.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import { isRefusal, returnerErrors } from '../../lib/errors/returners.ts';
import { isMap, type Json, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import { builtinReturners } from '../../returners/registry.ts';
import { defaultExport } from './default-export.ts';
import { serve } from '../../lib/system/child/serve.ts';

/*
 * The program of a process for one returner: `open` it with its settings, then `send` it events, one batch at a time.
 */

let opened: OpenReturner | undefined;
let sending: AbortController | undefined;

const master = serve(async (what, of) => {
  if (what === 'open' && isMap(of)) return open(of);
  if (what === 'send') return send(of as unknown as readonly BusEvent[]);
  sending?.abort();
  if (what === 'close') await opened?.close?.();
  return null;
});

const log: Log = (level, message, facts = {}) =>
  void master.ask('log', { level, message, facts: { ...facts } as JsonMap }).catch(() => {});

async function open({ file, kind, settings, master: id }: Record<string, unknown>): Promise<null> {
  try {
    const returner = typeof file === 'string' ? await defaultExport(file) : await builtinReturners.load(String(kind));
    if (!isReturner(returner)) throw new TypeError('its default export is no returner: {open(settings, context)}');
    opened = await returner.open(settings, { master: String(id), log });
    if (typeof opened.send !== 'function') throw new TypeError('what it opens has no send(events, signal)');
    return null;
  } catch (error) {
    const { sentence: why, place, hint } = error instanceof TsaltError ? error : { sentence: messageOf(error) };
    throw returnerErrors.badCode({ file: String(file ?? kind), why }, { place, hint, cause: error });
  }
}

async function send(events: readonly BusEvent[]): Promise<Json> {
  sending = new AbortController();
  try {
    await opened?.send(events, sending.signal);
    return null;
  } catch (error) {
    if (error instanceof TsaltError) throw error;
    if (isRefusal(error)) throw returnerErrors.refused({ where: 'the returner', answer: messageOf(error) });
    throw returnerErrors.failed({ why: messageOf(error) });
  }
}

function isReturner(value: unknown): value is Returner {
  return isMap(value) && typeof value['open'] === 'function';
}
