import { catalogue } from './error.ts';

export const controlErrors = catalogue('TS_CONTROL', {
  unreachable: ({ what, path }: { what: string; path: string }) => `no ${what} is answering at ${path}`,
  denied: ({ path }: { path: string }) => `you may not use ${path}`,
  gone: ({ what }: { what: string }) => `the ${what} closed the connection before it had answered`,
  unknownMethod: ({ method }: { method: string }) => `there is no control method '${method}'`,
  badRequest: ({ reason }: { reason: string }) => `the request can't be read: ${reason}`,
  tooLong: ({ bytes }: { bytes: number }) => `a line of more than ${bytes} bytes came over the control socket`,
  tooSlow: () => 'the listener reads too slowly: what waited for it was dropped',
  noMinion: ({ tgt }: { tgt: string }) => `no accepted minion matches '${tgt}'`,
  pathTooLong: ({ path, bytes }: { path: string; bytes: number }) =>
    `the path of a socket may have 107 bytes, and this one has ${bytes}: ${path}`,
  inUse: ({ what, path }: { what: string; path: string }) => `a ${what} is already running at ${path}`,
});
