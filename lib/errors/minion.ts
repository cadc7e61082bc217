import { catalogue } from './error.ts';

export const minionErrors = catalogue('TS_MINION', {
  noMasterKey: () => "the minion does not know its master's key, so it can't tell it from anybody else",
  alreadyRunning: ({ pid }: { pid: number }) => `a minion with this config is running already, as process ${pid}`,
  notConnected: ({ state }: { state: string }) => `the minion has no session with its master (${state})`,
});
