import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors/error.ts';
import { upgradeErrors } from '../../lib/errors/upgrade.ts';
import { asText, type JsonMap } from '../../lib/json.ts';
import type { Log } from '../../lib/log.ts';
import type { MinionLinkState } from '../../wire/types.ts';
import type { Agent } from '../agent.ts';
import { failedReturn } from '../jobs/in-process.ts';
import type { JobReturn } from '../jobs/messages.ts';
import { installationOf, point, type Installation } from './layout.ts';
import {
  dropPending,
  isOver,
  readLast,
  readPending,
  writeLink,
  writeRecord,
  type LinkNote,
  type UpgradeRecord,
} from './record.ts';
import { serviceOfThis, startWatcher } from './service.ts';
import { HAND_OVER } from './upgrade.ts';

export interface MinionUpgradesOptions {
  /** The program that runs. */
  readonly script: string;
  /** The file that is locked while a minion with this config runs. */
  readonly lock: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a minion has to do with its own upgrade, before and after it. */
export interface MinionUpgrades {
  /** The answer to a job that hands its upgrade over; undefined for any other question. */
  answer(agent: Agent, question: string, body: JsonMap): Promise<JsonMap> | undefined;
  /** How the upgrade that a job asked for ends; undefined for a job that asked for none. */
  outcomeOf(jid: string): Promise<JobReturn> | undefined;
  /** A new version is confirmed by being accepted, and until then says what is in its way. */
  linkIs(state: MinionLinkState): void;
}

const LOOK_AGAIN_MS = 500;

/** Sees to it that an upgrade that is under way goes on, whatever has interrupted it. */
export function minionUpgrades({ script, lock, clock, log }: MinionUpgradesOptions): MinionUpgrades {
  const installation = installationOf(script);
  const pending = installation && readPending(installation.root);
  /** This process is the new version, and not confirmed yet. */
  let trial = pending?.to === installation?.own ? pending : undefined;
  let writing: Promise<unknown> = Promise.resolve();

  if (installation && pending) {
    startWatcher(installation.root, pending).catch((cause: unknown) =>
      log('error', 'nobody watches the upgrade that is under way', { reason: messageOf(cause) }),
    );
  }

  async function handOver({ root, own }: Installation, agent: Agent, body: JsonMap): Promise<JsonMap> {
    const jid = asText(body.jid);
    const other = readPending(root);
    if (other) throw upgradeErrors.underWay({ jid: other.jid });
    const busy = agent.jobs().filter((one) => one.jid !== jid);
    if (busy.length > 0) return { busy: busy.map((one) => `${one.fun} (${one.jid})`) };
    // From here on nothing begins that the restart would interrupt.
    const letGo = agent.hold();
    try {
      const record: UpgradeRecord = {
        jid,
        from: own,
        to: asText(body.to),
        stage: 'begun',
        reason: '',
        attempts: 0,
        confirmSeconds: Number(body.confirm_seconds),
        service: await serviceOfThis(root, lock),
      };
      await point(root, 'previous', own);
      await writeRecord(root, record);
      const started = startWatcher(root, record);
      // Before this process is ended: then the job is one that was begun, and whoever runs next tells how it ended.
      agent.handOver(jid, started.then(() => ending(root, jid)).finally(letGo));
      await started;
      return {};
    } catch (thrown) {
      dropPending(root);
      letGo();
      throw thrown;
    }
  }

  async function ending(root: string, jid: string): Promise<JobReturn> {
    // It keeps no process alive: the one that waits here first is to end.
    while (readPending(root)?.jid === jid) await new Promise<void>((resolve) => clock.after(LOOK_AGAIN_MS, resolve));
    const last = readLast(root);
    if (last?.jid !== jid || !isOver(last)) return failedReturn('the upgrade was ended by another installation');
    const { stage, from, to, reason } = last;
    const success = stage === 'upgraded';
    const told = { outcome: stage, from, to, ...(reason !== '' && { reason }) };
    return { return: told, success, retcode: success ? 0 : 1, out: 'nested' };
  }

  return {
    answer: (agent, question, body) =>
      question === HAND_OVER && installation ? handOver(installation, agent, body) : undefined,
    outcomeOf(jid) {
      if (!installation) return undefined;
      const { root } = installation;
      const isKnown = [readPending(root), readLast(root)].some((record) => record?.jid === jid);
      return isKnown ? ending(root, jid) : undefined;
    },
    linkIs(state) {
      if (!trial || !installation || state.state === 'connecting') return;
      const { root } = installation;
      const reason = 'reason' in state ? state.reason : '';
      const note: LinkNote = { jid: trial.jid, by: trial.to, state: state.state, reason };
      if (state.state === 'accept') trial = undefined;
      writing = writing
        .then(() => writeLink(root, note))
        .catch((cause: unknown) => log('error', 'the upgrade can not be confirmed', { reason: messageOf(cause) }));
    },
  };
}
