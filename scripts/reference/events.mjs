import * as salt from '../../dist/lib/salt-events.js';
import { code, table } from './markdown.mjs';

const id = '<id>';
const jid = '<jid>';
const who = { id, fingerprint: '<fingerprint>', publicKey: Buffer.alloc(32, 9) };
const job = {
  jid,
  tgt: '*',
  tgt_type: 'glob',
  fun: 'test.ping',
  arg: [],
  minions: [id],
  missing: [],
  user: 'operator',
};
const answer = {
  jid,
  id,
  fun: 'test.ping',
  fun_args: [],
  return: true,
  retcode: 0,
  success: true,
  out: 'nested',
  user: 'operator',
};

const run = { jid, fun: 'runner.state.orchestrate', fun_args: [], user: 'operator' };

/** Tags that Salt has, made by the same functions as the real ones; and when they are fired. */
const ofSalt = [
  [
    salt.authEvent({ ...who, act: 'pend', reason: 'why' }),
    'a minion asks to be let in; `act` is accept, pend, reject, denied or full',
  ],
  [salt.keyEvent(id, 'accept', who.fingerprint), 'a decision on a key; `act` is accept, reject or delete'],
  [salt.startEvent(id, 0), "a minion's process has begun; once for each"],
  [salt.jobNewEvent(job), 'a job is published'],
  [
    salt.jobReturnEvent(answer, 0),
    "a minion has returned; of a run by its own [schedule](../guides/schedule.md) also `schedule`, the job's name there, `metadata` and `returner`",
  ],
  [
    salt.stateResultEvent({ id, jid, run: '<number>', of: 1, ret: {} }, 0),
    'a state of a run has ended, with `state_events: true` or the argument `state_events=True`; `data.data` is `{len, ret}`: how many there are, and its result',
  ],
  [
    salt.minionEvent(id, `salt/beacon/${id}/<beacon>/`, { '<field>': 0 }, 0),
    "a minion's [beacon](beacons.md), with what it has as its own tag behind; its fields lie flat. With `error`: it fails, or is misspelt in a pillar",
  ],
  [salt.runNewEvent(run), 'an [orchestration](../guides/orchestrate.md) has begun'],
  [salt.runReturnEvent(run, {}, true), 'it is over; `return` is its answer'],
  [
    salt.scheduledRunEvent(run, '<job>', {}, true),
    "a run of the master's [schedule](../guides/schedule.md) is over; `run` is the orchestration that it began, if it did",
  ],
  [
    salt.gitUpdateEvent('<remote>', true),
    'a git remote of state trees had something new; with `fileserver_events: true` after each look at it',
  ],
  [salt.minionEvent(id, '<tag>', {}, 0), 'a minion fired it; what it sent is in `data.data`'],
];

/** Those that Salt has not. */
const own = [
  [
    'collector/result',
    ['id', 'data.tag', 'data.timestamp'],
    'a sample of a collector; the rest of `data.data` is numbers in nested maps',
  ],
  [
    'tsalt/instance/<id>/<state>',
    ['id', 'state', 'reason', 'provider', 'roles'],
    'a machine we launched has moved to launched, starting, configuring, ready, failed or gone',
  ],
  ['tsalt/reactor/failed', ['reactor', 'event', 'tag', 'attempts', 'error'], 'a reaction failed the first time'],
  [
    'tsalt/reactor/dead',
    ['reactor', 'event', 'tag', 'attempts', 'error'],
    'a reaction failed for good: it is a dead letter',
  ],
  ['tsalt/reactor/loop', ['reactor', 'event', 'tag', 'depth'], 'a chain of reactions was cut'],
  [
    'tsalt/returner/failed',
    ['returner', 'error'],
    'a returner can not reach where it sends to; once, until it can again',
  ],
  [
    'tsalt/returner/refused',
    ['returner', 'event', 'tag', 'error'],
    'the far side will never take this event: it is a dead letter',
  ],
  [
    'tsalt/returner/lost',
    ['returner', 'from', 'to'],
    'the log has forgotten these numbers before a returner could send the events among them',
  ],
  [
    'tsalt/minion/<id>/cloned',
    ['id', 'reason'],
    'an older process with the key of a connected minion is kept out; once a minute',
  ],
  [
    'tsalt/minion/<id>/upgraded',
    ['id', 'jid', 'from', 'to'],
    'another version of tsalt runs there, and the master has accepted it',
  ],
  [
    'tsalt/minion/<id>/rolled-back',
    ['id', 'jid', 'from', 'to', 'reason'],
    'the new version was not accepted in time, and the old one runs again',
  ],
  ['tsalt/token/refused', ['id', 'fingerprint', 'token', 'reason'], 'an enrolment token was not good'],
];

const fields = (names) => names.map(code).join(', ');

/** From the functions that make them (`lib/salt-events.ts`), and a list of those that are ours alone. */
export default () => `# Events

\`tsalt event listen\` shows them as they come. Each has \`_stamp\`, the time in UTC, besides what is listed; \`id\` is the minion's
that it came from, whatever the minion says. A minion may fire any tag but those under \`salt/\` and \`tsalt/\`; under \`salt/\` its own
beacons only. Times \`ts\` are in seconds since 1970.

## Salt's

${table(
  ['tag', 'fields', 'when'],
  ofSalt.map(([{ tag, data }, when]) => [code(tag), fields(Object.keys(data)), when]),
)}

## tsalt's own

${table(
  ['tag', 'fields', 'when'],
  own.map(([tag, names, when]) => [code(tag), fields(names), when]),
)}
`;
