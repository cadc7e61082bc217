import { catalogue } from './error.ts';

export const fileErrors = catalogue('TS_FILE', {
  unknownHash: ({ sha256 }: { sha256: string }) => `the state tree holds no file with the hash ${sha256.slice(0, 64)}`,
  changedMeanwhile: ({ path }: { path: string }) => `${path} changed while it was being sent`,
  keepsChanging: ({ env, times }: { env: string; times: number }) =>
    `the state tree of ${env} has changed ${times} times while its list was fetched: something writes there all the time`,
  notAsFetched: ({ path }: { path: string }) => `${path} is not what was fetched: the cache of the master was changed`,
  wrongHash: ({ path }: { path: string }) => `${path} arrived with other bytes than the master announced`,
});
