import { catalogue } from './error.ts';

export const failpointErrors = catalogue('TS_FAILPOINT', {
  unfit: ({ text }: { text: string }) => `TSALT_FAIL: '${text}' is not of the form POINT:N:kill9, with N from 1 on`,
  unknown: ({ point }: { point: string }) => `TSALT_FAIL: there is no point '${point}'`,
});
