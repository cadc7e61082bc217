import { catalogue } from './error.ts';

export const targetErrors = catalogue('TS_TARGET', {
  unknownType: ({ type }: { type: string }) => `'${type}' is no way to choose minions`,
  badPattern: ({ pattern, problem }: { pattern: string; problem: string }) =>
    `'${pattern}' is not a regular expression: ${problem}`,
  emptyPattern: () => 'an empty regular expression means every minion',
  needsColon: ({ text }: { text: string }) => `'${text}' needs a name and a value with a ':' between them`,
  badNetwork: ({ text }: { text: string }) => `'${text}' is neither an IP address nor a network like 10.0.0.0/8`,
  unknownLetter: ({ word }: { word: string }) => `'${word}': there is no matcher of that letter`,
  compound: ({ text, problem }: { text: string; problem: string }) => `the compound target '${text}' ${problem}`,
  unknownGroup: ({ name }: { name: string }) => `there is no nodegroup '${name}'`,
  groupCycle: ({ name }: { name: string }) => `nodegroup '${name}' contains itself`,
});
