import { catalogue } from './error.ts';

export const demoErrors = catalogue('TS_DEMO', {
  noMaster: ({ log }: { log: string }) => `the demo's master did not start; its log ends:\n${log}`,
  notHere: ({ provider, reason }: { provider: string; reason: string }) =>
    `the ${provider} provider can't work here: ${reason}`,
  noBundle: ({ reason }: { reason: string }) => `no bundle for the machines could be made: ${reason}`,
});
