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
  notResumed: () =>
    'the master ended while it ran: an orchestration that was given, and is in no file, does not go on from there',
  noMods: () => 'an orchestration needs to be told its state files',
  badPillar: () => "'pillar' has to be a map",
});
