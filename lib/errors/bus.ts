import { catalogue } from './error.ts';

export const busErrors = catalogue('TS_EVENT', {
  tooBig: ({ tag, bytes, most }: { tag: string; bytes: number; most: number }) =>
    `the event ${tag} has ${bytes} bytes of data: at most ${most} are allowed`,
  notYours: ({ tag, reason }: { tag: string; reason: string }) => `an event of tag ${tag} can't be fired: ${reason}`,
});
