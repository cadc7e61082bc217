import { catalogue } from './error.ts';

export const idErrors = catalogue('TS_ID', {
  badMinionId: ({ id }: { id: string }) =>
    `${JSON.stringify(id.slice(0, 140))} is not a minion id: it starts with a letter or digit, goes on with letters, ` +
    `digits, '.', '_' or '-', has no '..', and at most 128 characters`,
  badJid: ({ jid }: { jid: string }) => `${JSON.stringify(jid.slice(0, 60))} is not a job id: it is 20 digits`,
  badTag: ({ tag }: { tag: string }) =>
    `${JSON.stringify(tag.slice(0, 140))} is not an event tag: 1 to 255 printable characters without blanks`,
});
