import { catalogue } from './error.ts';

export const gitErrors = catalogue('TS_GIT', {
  notARemote: ({ got }: { got: string }) =>
    `a git remote is its address, or a one-key map from it to its settings, not ${got}`,
  badAddress: ({ why }: { why: string }) => `this is no address of a git repository: ${why}`,
  notSettings: ({ what, got }: { what: string; got: string }) =>
    `the settings of ${what} are a map, or a list of one-key maps, not ${got}`,
  unknownSetting: ({ setting }: { setting: string }) => `a git remote has no setting '${setting}'`,
  badSetting: ({ setting, expected, got }: { setting: string; expected: string; got: string }) =>
    `'${setting}' should be ${expected}, not ${got}`,
  /** Warnings: told and gone on. */
  noEffect: ({ setting, why }: { setting: string; why: string }) =>
    `'${setting}' is a setting of Salt that has no effect here: ${why}`,
  notABackend: ({ backend }: { backend: string }) => `there is no fileserver_backend '${backend}'`,
  onlySaltsBackend: ({ backend }: { backend: string }) =>
    `'${backend}' is a fileserver_backend of Salt that tsalt does not have: it has no effect`,
  failed: ({ remote, doing, reason }: { remote: string; doing: string; reason: string }) =>
    `git, ${doing} ${remote}: ${reason}`,
  tookTooLong: ({ remote, doing, seconds }: { remote: string; doing: string; seconds: number }) =>
    `git, ${doing} ${remote}, took longer than ${seconds} seconds`,
  tooMuch: ({ remote, what, most }: { remote: string; what: string; most: string }) =>
    `${remote} has ${what}: more than ${most} are not taken`,
  unreadable: ({ remote, what }: { remote: string; what: string }) => `${remote}: git gave ${what}`,
  notFetched: ({ remote }: { remote: string }) => `${remote} has not been fetched yet`,
  noRef: ({ remote, ref }: { remote: string; ref: string }) => `${remote} has no branch and no tag '${ref}'`,
  onlyOnMaster: () => 'only a master fetches git repositories',
});
