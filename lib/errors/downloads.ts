import { catalogue } from './error.ts';

export const downloadErrors = catalogue('TS_DOWNLOAD', {
  badAddress: ({ url }: { url: string }) => `${url} is not an address that starts with http:// or https://`,
  unreachable: ({ url, reason }: { url: string; reason: string }) => `${url} could not be downloaded: ${reason}`,
  refused: ({ url, status }: { url: string; status: string }) =>
    `${url} could not be downloaded: it answered ${status}`,
  redirections: ({ url, most }: { url: string; most: number }) => `${url} leads through more than ${most} redirections`,
  badRedirection: ({ url, target }: { url: string; target: string }) =>
    `${url} leads to ${target}: from https only https is followed, and nothing but web addresses`,
  tooLarge: ({ url, most }: { url: string; most: number }) => `${url} is larger than the ${most} bytes that are taken`,
  tooSlow: ({ url, seconds }: { url: string; seconds: number }) => `${url} sent nothing for ${seconds} s`,
  tooLong: ({ url, seconds }: { url: string; seconds: number }) => `${url} did not arrive within ${seconds} s`,
  cutShort: ({ url, bytes }: { url: string; bytes: number }) => `${url} was cut off after ${bytes} bytes`,
});
