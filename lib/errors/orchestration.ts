import { catalogue } from './error.ts';

export const orchestrationErrors = catalogue('TS_ORCHESTRATION', {
  notHere: ({ what }: { what: string }) =>
    `an orchestration manages no machine: there are no ${what} here; 'salt.state' and 'salt.function' have minions do it`,
  masterOnly: () => "this is for orchestrations, which the master runs: 'tsalt run state.orchestrate'",
  full: ({ most }: { most: number }) => `${most} orchestrations wait already: this one was not taken`,
  tooDeep: ({ most }: { most: number }) =>
    `orchestrations call each other ${most} deep: this one was not begun, for it may never end`,
  notKept: ({ jid }: { jid: string }) => `what came of the orchestration ${jid} is no longer kept`,
  otherMods: ({ jid, mods }: { jid: string; mods: string }) => `${jid} is the orchestration of ${mods}, and stays it`,
  noFunction: ({ fun }: { fun: string }) => `there is no ${fun.slice(0, 80)} where the master stands in for a minion`,
  masterKnows: ({ fun }: { fun: string }) => `what ${fun} gives, the master knows, when an orchestration runs`,
  notReading: ({ fun }: { fun: string }) => `${fun.slice(0, 80)} does more than look, or may`,
  readFailed: ({ fun, why }: { fun: string; why: string }) => `${fun.slice(0, 80)}: ${why}`,
  notResumed: () =>
    'the master ended while it ran: an orchestration that was given, and is in no file, does not go on from there',
  noMods: () => 'an orchestration needs to be told its state files',
  badPillar: () => "'pillar' has to be a map",
});
