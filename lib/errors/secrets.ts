import { catalogue } from './error.ts';

export const secretErrors = catalogue('TS_SECRET', {
  badPublicKey: ({ reason }: { reason: string }) => `this is not a key to seal with: ${reason}`,
  damaged: ({ reason }: { reason: string }) => `this sealed text is damaged: ${reason}`,
  otherVersion: ({ version }: { version: string }) => `this is sealed as '${version}', which this tsalt does not know`,
  noKey: ({ key, folders }: { key: string; folders: string }) =>
    `this is sealed to the key ${key}, which is not in ${folders}`,
  doesNotOpen: ({ key }: { key: string }) => `this does not open with the key ${key} that it names`,
  tooShort: ({ least }: { least: number }) =>
    `a secret has ${least} characters at least: what is shorter can't be told from other text, and would be shown`,
  notText: ({ found }: { found: string }) => `a marked secret is one text, not ${found}`,
  noSealingKey: ({ folder }: { folder: string }) => `there is no key to seal with in ${folder}`,
  onCommandLine: () =>
    'a secret is not taken from the command line: the shell keeps it in its history, and others see it in the list of processes',
  empty: () => 'nothing was given that could be sealed',
  notUtf8: () => 'what was given is no UTF-8 text',
  notSame: () => 'the two were not the same',
  inJob: () =>
    'there is a secret of pillar in what this state asks of the master, which would keep it with its jobs: it was not asked',
});
