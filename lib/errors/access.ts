import { catalogue } from './error.ts';

export const accessErrors = catalogue('TS_ACCESS', {
  badName: ({ name, expected }: { name: string; expected: string }) =>
    `'${name}' can't be the name of an operator: it should be ${expected}`,
  unknownWord: ({ operator, word }: { operator: string; word: string }) =>
    `operator '${operator}': there is no '${word}' to say`,
  wrongType: ({ operator, what, expected, got }: { operator: string; what: string; expected: string; got: string }) =>
    `operator '${operator}': '${what}' should be ${expected}, not ${got}`,
  noKey: ({ operator }: { operator: string }) => `operator '${operator}' has no key: nobody could ever be it`,
  keyOfAnyone: ({ name }: { name: string }) => `'${name}' means whoever has shown no key: it can't have one`,
  badKey: ({ operator }: { operator: string }) =>
    `operator '${operator}': a key should be a line such as 'ssh-ed25519 AAAA... alice@laptop'`,
  sharedKey: ({ operator, other }: { operator: string; other: string }) =>
    `operators '${operator}' and '${other}' have the same key: who asks could not be told`,
  badFunction: ({ operator, fun }: { operator: string; fun: string }) =>
    `operator '${operator}': '${fun}' is no function, and no glob of functions`,
  noFunction: ({ operator, fun }: { operator: string; fun: string }) =>
    `operator '${operator}': there is no function '${fun}'`,
  needsOn: ({ operator, fun }: { operator: string; fun: string }) =>
    `operator '${operator}': 'on' has to say on which minions '${fun}' may run`,
  needsNoOn: ({ operator, fun }: { operator: string; fun: string }) =>
    `operator '${operator}': 'on' says nothing for '${fun}', which runs on the master`,
  noArguments: ({ operator, fun }: { operator: string; fun: string }) =>
    `operator '${operator}': arguments can't be told for '${fun}'`,
  badProof: () => 'the signature does not fit: it was made with another key, or for another connection',
  noChallenge: () => 'there is nothing to sign: a challenge has to be asked for first, and is good once',
  unknownKey: ({ fingerprint }: { fingerprint: string }) => `the key ${fingerprint} is no operator's`,
  revoked: ({ operator }: { operator: string }) =>
    `operator '${operator}' is no operator any more, or has lost this key`,
  nobody: ({ what }: { what: string }) => `you may not ask for ${what} without an operator's key`,
  refused: ({ operator, what }: { operator: string; what: string }) => `operator '${operator}' may not ask for ${what}`,
  refusedArguments: ({ operator, what }: { operator: string; what: string }) =>
    `operator '${operator}' may ask for ${what} only with other arguments`,
  refusedTargets: ({ operator, what, ids, more }: { operator: string; what: string; ids: string; more: number }) =>
    `operator '${operator}' may not run ${what} on ${ids}${more > 0 ? ` and ${more} more` : ''}`,
  refusedByPillar: ({ operator }: { operator: string }) =>
    `operator '${operator}' may not choose minions by their pillar, whose values it would tell`,
  noGroup: ({ group }: { group: string }) => `there is no group '${group}' on this machine`,
  groupRefused: ({ path, group, reason }: { path: string; group: string; reason: string }) =>
    `${path} can't be given to the group '${group}': ${reason}`,
});
