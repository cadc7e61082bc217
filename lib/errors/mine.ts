import { catalogue } from './error.ts';

export const mineErrors = catalogue('TS_MINE', {
  notAMap: ({ got }: { got: string }) =>
    `'mine_functions' should be a map from function to its arguments, such as {network.ip_addrs: []}, not ${got}`,
  badArguments: ({ entry, got }: { entry: string; got: string }) =>
    `the mine's entry '${entry}': should be a list or a map of arguments, not ${got}`,
  badOption: ({ entry, option, expected, got }: { entry: string; option: string; expected: string; got: string }) =>
    `the mine's entry '${entry}': '${option}' should be ${expected}, not ${got}`,
  misspelt: ({ entry, option }: { entry: string; option: string }) =>
    `the mine's entry '${entry}': '${option}' is no way to say who may read it`,
  noFunction: ({ entry, fun }: { entry: string; fun: string }) =>
    `the mine's entry '${entry}': there is no function '${fun}'`,
  badAllow: ({ entry, problem }: { entry: string; problem: string }) =>
    `the mine's entry '${entry}': who may read it can't be told: ${problem}`,
  badEntry: ({ entry, expected }: { entry: string; expected: string }) =>
    `the mine's entry ${JSON.stringify(entry.slice(0, 40))}: should be ${expected}`,
  tooMuch: ({ bytes, most }: { bytes: number; most: number }) =>
    `this would be ${bytes} bytes in the mine, of at most ${most} for one minion: nothing was changed`,
  tooSlow: ({ ms }: { ms: number }) =>
    `the target can't be held against minions: it takes more than ${ms} ms, or is nested too deeply`,
  tooLong: ({ what, most }: { what: string; most: number }) => `${what}: more than ${most} can't be asked for`,
  notAccepted: ({ id }: { id: string }) => `the key of ${id} is not accepted any more`,
  badRule: ({ number, problem }: { number: number; problem: string }) => `rule ${number} of mine_access: ${problem}`,
  missingInRule: ({ number, name }: { number: number; name: string }) =>
    `rule ${number} of mine_access: '${name}' has to be said`,
  unknownInRule: ({ number, name }: { number: number; name: string }) =>
    `rule ${number} of mine_access: there is no '${name}'`,
});
