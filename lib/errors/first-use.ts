import { catalogue } from './error.ts';

export const firstUseErrors = catalogue('TS_FIRST_USE', {
  noKey: ({ url, reason }: { url: string; reason: string }) => `${url} does not give a master's key: ${reason}`,
});
