import { catalogue } from './error.ts';

export const beaconErrors = catalogue('TS_BEACON', {
  notAList: ({ beacon, got }: { beacon: string; got: string }) =>
    `beacon '${beacon}': should be a list of its options, such as [{interval: 10}], not ${got}`,
  unknownBeacon: ({ beacon }: { beacon: string }) => `there is no beacon '${beacon}'`,
  unknownOption: ({ beacon, option }: { beacon: string; option: string }) =>
    `beacon '${beacon}': there is no option '${option}'`,
  missingOption: ({ beacon, option }: { beacon: string; option: string }) =>
    `beacon '${beacon}': '${option}' has to be said`,
  badOption: ({ beacon, option, expected, got }: { beacon: string; option: string; expected: string; got: string }) =>
    `beacon '${beacon}': '${option}' should be ${expected}, not ${got}`,
  badSwitch: ({ got }: { got: string }) => `'enabled' switches all beacons: it should be true or false, not ${got}`,
  unseen: ({ beacon, what }: { beacon: string; what: string }) =>
    `beacon '${beacon}': Salt can see '${what}', tsalt can't: it has no effect`,
  tooMuch: ({ what, most }: { what: string; most: number }) => `more than ${most} ${what} to watch`,
  ended: ({ program, reason }: { program: string; reason: string }) => `${program} ended: ${reason}`,
});
