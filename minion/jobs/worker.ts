import { systemClock } from '../../lib/clock.ts';
import { loadMinionConfig } from '../../lib/config/load.ts';
import { messageOf, TsaltError } from '../../lib/errors/error.ts';
import type { JsonMap } from '../../lib/json.ts';
import { lineLog } from '../../lib/log.ts';
import { crashWithout } from '../../lib/secrets/crash.ts';
import { createRedactor } from '../../lib/secrets/redactor.ts';
import { callWithMaster } from '../remote.ts';
import { failedReturn } from './in-process.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { outcomeOf } from './outcome.ts';
import { nowAndThen } from './progress.ts';

/** Is a job's process: takes one order over the channel to the minion, does it, tells what came of it, and ends. */
export async function work(): Promise<void> {
  const waiting = new Map<number, { resolve(body: JsonMap): void; reject(error: Error): void }>();
  const stop = new AbortController();
  let lastId = 0;
  const tell = (message: FromWorker): Promise<void> =>
    new Promise((resolve) => process.send?.(message, () => resolve()));
  const ask = (message: (id: number) => FromWorker): Promise<JsonMap> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      void tell(message(id));
    });

  // Without its minion a job has nobody to answer to: it exits, which ends its commands, and then its own group goes.
  process.once('disconnect', () => {
    process.once('exit', () => process.kill(0, 'SIGKILL'));
    process.exit(1);
  });
  const order = await new Promise<Extract<ToWorker, { type: 'order' }>>((resolve) => {
    process.on('message', (message: ToWorker) => {
      if (message.type === 'order') return resolve(message);
      if (message.type === 'terminate') return stop.abort(new Error(message.reason));
      const asker = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === 'answer') asker?.resolve(message.body);
      else asker?.reject(new TsaltError(message.code, message.message, { cause: { code: message.answered } }));
    });
  });

  const { jid, fun, arg, kwarg } = order.order;
  const secrets = createRedactor();
  crashWithout(secrets);
  const progress = nowAndThen(systemClock, (place) => void tell({ type: 'progress', place }));
  const outcome = await run();
  progress.end();
  await tell({ type: 'done', outcome });
  process.removeAllListeners('disconnect');
  process.disconnect();

  async function run() {
    try {
      const { config } = loadMinionConfig({ configDir: order.configDir, env: process.env, flags: order.flags });
      let told = 0;
      const value = await callWithMaster({
        jid,
        fun,
        args: arg,
        kwargs: kwarg,
        config,
        configDir: order.configDir,
        grains: order.grains,
        clock: systemClock,
        log: lineLog(
          (line) => void process.stderr.write(line),
          () => Date.now(),
        ),
        secrets,
        signal: stop.signal,
        watcher: { began: (place) => progress.tell(place) },
        sendResult: (result, total) => void tell({ type: 'result', result, total }),
        onFailed: (retcode) => (told = retcode),
        ask: (question, body) => ask((id) => ({ type: 'question', id, question, body })),
        sendEvent: async (tag, data) => (await ask((id) => ({ type: 'event', id, tag, data }))).sent === true,
      });
      return outcomeOf(fun, value, told);
    } catch (thrown) {
      return failedReturn(thrown instanceof TsaltError ? thrown.message : `${fun}: ${messageOf(thrown)}`);
    }
  }
}
