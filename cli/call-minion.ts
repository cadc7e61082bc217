import path from 'node:path';
import { sleep } from '../lib/clock.ts';
import { cliErrors } from '../lib/errors/cli.ts';
import { jidMaker } from '../lib/ids.ts';
import { asText, isMap, type Json, type JsonMap } from '../lib/json.ts';
import { version } from '../lib/version.ts';
import { collectGrains } from '../minion/grains/collect.ts';
import { keptGrains } from '../minion/custom/grains.ts';
import type { LocalCall } from '../minion/local.ts';
import { callWithMaster } from '../minion/remote.ts';
import { connectLocal, type LocalClient } from '../wire/local/client.ts';

const LOOK_AGAIN_MS = 100;

const orLocal = '--local uses the state files of this machine';

/**
 * Runs a function in this process with the state files and the pillar of the master, which the minion that runs here asks
 * for. Raises `TS_CLI_NO_MINION`, `TS_CLI_NOT_LET_IN`, `TS_CONTROL_DENIED`, and what `callWithMaster` does.
 */
export default async function ask(request: LocalCall): Promise<Json> {
  const { config, configDir, clock, log, secrets, signal, fun, args, kwargs } = request;
  const jid = jidMaker(() => clock.now())();
  const sent: Promise<Json>[] = [];
  const minion = await minionHere(config.sock_dir);
  try {
    await letIn(minion, request);
    return await callWithMaster({
      jid,
      fun,
      args,
      kwargs,
      config,
      configDir,
      grains: collectGrains({ config, configDir, version, gather: () => keptGrains(config.cachedir) }),
      ask: async (question, body) => asMap(await minion.call('ask', { question, body })),
      sendEvent: async (tag, data) => (await minion.call('event', { tag, data })) === true,
      clock,
      log,
      secrets,
      signal,
      watcher: request.watcher,
      sendResult: (result, total) => sent.push(minion.call('result', { jid, result: { ...result }, total })),
      onFailed: (retcode) => request.onFailed?.(retcode),
    });
  } finally {
    await Promise.allSettled(sent);
    minion.close();
  }
}

const asMap = (value: Json | undefined): JsonMap => (isMap(value) ? (value as JsonMap) : {});

async function minionHere(directory: string): Promise<LocalClient> {
  const socket = path.join(directory, 'minion.sock');
  try {
    return await connectLocal('minion', socket);
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'TS_CONTROL_UNREACHABLE';
    if (!isMissing) throw cause;
    throw cliErrors.noMinion({ socket }, { cause, hint: `'tsalt minion' starts one; ${orLocal}` });
  }
}

/** Waits until the minion has its session: at once when it was told no, else as long as `timeout` says. */
async function letIn(minion: LocalClient, { config, clock, signal }: LocalCall): Promise<void> {
  const until = clock.monotonic() + config.timeout * 1000;
  for (;;) {
    const { id, link } = asMap(await minion.call('status'));
    const { state, reason } = asMap(link);
    if (state === 'accept') return;
    const facts = { id: asText(id), master: config.master };
    const told = asText(reason ?? '');
    if (state === 'pend')
      throw cliErrors.notLetIn(
        { ...facts, why: `its key is pending there` },
        { hint: `'tsalt key accept ${facts.id}' on the master lets it in; ${orLocal}` },
      );
    if (state === 'reject' || state === 'denied' || state === 'full')
      throw cliErrors.notLetIn(
        {
          ...facts,
          why: `it was ${state === 'reject' ? 'rejected' : state === 'denied' ? 'denied' : 'told that the master is full'} (${told})`,
        },
        { hint: orLocal },
      );
    if (signal.aborted || clock.monotonic() > until)
      throw cliErrors.notLetIn(
        { ...facts, why: `the master is unreachable${told === '' ? '' : ` (${told})`}` },
        { hint: orLocal },
      );
    await sleep(clock, LOOK_AGAIN_MS);
  }
}
