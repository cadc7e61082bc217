import { catalogue } from './error.ts';

export const upgradeErrors = catalogue('TS_UPGRADE', {
  notInstalled: ({ script }: { script: string }) =>
    `this tsalt runs from ${script}, not from a version that a bundle's installer put beside others`,
  notAsked: () => "which bundle it is to be was not said: 'tsalt ID saltutil.update' on the master says so",
  noneForMachine: ({ arch, known }: { arch: string; known: string }) =>
    `there is no bundle for ${arch}; there are some for ${known}`,
  underWay: ({ jid }: { jid: string }) => `an upgrade is under way already (job ${jid})`,
  wrongHash: ({ sha256, got }: { sha256: string; got: string }) =>
    `the bundle ${sha256} arrived with other bytes, whose SHA-256 is ${got}: nothing of it was unpacked`,
  notUnpacked: ({ sha256, reason }: { sha256: string; reason: string }) =>
    `the bundle ${sha256} could not be unpacked: ${reason}`,
  doesNotRun: ({ name, what, reason }: { name: string; what: string; reason: string }) =>
    `${name} does not work on this machine, and nothing was switched: ${what} failed: ${reason}`,
  stillBusy: ({ seconds, jobs }: { seconds: number; jobs: string }) =>
    `after ${seconds} s there is still something running, and nothing was switched: ${jobs}`,
  noWatcher: ({ reason }: { reason: string }) =>
    `what would go back to this version could not be started, and nothing was switched: ${reason}`,
  unknownBundle: ({ sha256 }: { sha256: string }) => `this master has no bundle with the hash ${sha256}`,
  noSuchVersion: ({ version, known }: { version: string; known: string }) =>
    `this master has no bundle of version ${version}; ${known}`,
});
