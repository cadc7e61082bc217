import { catalogue } from './error.ts';

export const configErrors = catalogue('TS_CONFIG', {
  syntax: ({ problem }: { problem: string }) => `not YAML: ${problem}`,
  notAMap: ({ got }: { got: string }) => `a config file is a map of options, not ${got}`,
  unreadable: ({ path, reason }: { path: string; reason: string }) => `can't read ${path}: ${reason}`,
  noDirectory: ({ path }: { path: string }) => `there is no config directory ${path}`,
  twoFiles: ({ one, other }: { one: string; other: string }) =>
    `there are both ${one} and ${other}: keep one of them, nobody could tell which counts`,
  unknownOption: ({ option, daemon }: { option: string; daemon: string }) => `the ${daemon} has no option '${option}'`,
  wrongType: ({ option, expected, got }: { option: string; expected: string; got: string }) =>
    `'${option}' should be ${expected}, not ${got}`,
  noEnvironment: ({ option, environment }: { option: string; environment: string }) =>
    `'${option}': there is no environment '${environment}'`,
  noPillarEnvironment: ({ option, environment }: { option: string; environment: string }) =>
    `'${option}': there is no environment '${environment}' of pillar`,
  forbiddenKey: ({ key }: { key: string }) => `no key can be '${key}': no message can carry it`,
  deepGrain: ({ grain, most }: { grain: string; most: number }) =>
    `the grain '${grain}' is nested deeper than ${most}: no message can carry it`,
  endlessNumber: ({ grain, value }: { grain: string; value: number }) =>
    `the grain '${grain}' has the number ${value} in it: no message can carry it`,
  unchangeable: ({ name, why }: { name: string; why: string }) => `'${name}' can't be changed here: ${why}`,
  /** Warnings: printed and gone on. */
  noRoot: ({ option, environment, directory }: { option: string; environment: string; directory: string }) =>
    `'${option}': there is no directory ${directory}, so the environment '${environment}' has nothing from it`,
  onlyInSalt: ({ option }: { option: string }) =>
    `'${option}' is an option of Salt that tsalt does not have: it has no effect`,
  otherDaemon: ({ option, owner, daemon }: { option: string; owner: string; daemon: string }) =>
    `'${option}' is an option of the ${owner}: it has no effect on the ${daemon}`,
  unknownVariable: ({ name }: { name: string }) => `the environment variable ${name} names no option: it has no effect`,
});
