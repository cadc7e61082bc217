import { catalogue } from './error.ts';

/** Misuse of the command line; each ends with exit code 2. */
export const cliErrors = catalogue('TS_CLI', {
  noVerb: () => 'tsalt needs to be told what to do',
  unknownVerb: ({ word }: { word: string }) => `'${word}' is not a verb of tsalt`,
  unknownOption: ({ verb, option }: { verb: string; option: string }) => `tsalt ${verb} has no option '${option}'`,
  optionNeedsValue: ({ option }: { option: string }) => `option ${option} needs a value`,
  optionTakesNoValue: ({ option }: { option: string }) => `option ${option} takes no value`,
  badOptionValue: ({ option, value, expected }: { option: string; value: string; expected: string }) =>
    `option ${option} is ${expected}, not '${value}'`,
  noSuchPath: ({ path }: { path: string }) => `there is no file or directory '${path}'`,
  noTree: ({ path }: { path: string }) => `there is no directory '${path}'`,
  nothingToCheck: ({ path, kind }: { path: string; kind: string }) =>
    `${path} was looked at for ${kind}, and there are none`,
  noKeyFile: ({ path, by }: { path: string; by?: string | undefined }) =>
    `there is no key file ${path}${by === undefined ? '' : `, which ${by} names`}`,
  noSuchKey: ({ match, action }: { match: string; action: string }) => `there is no key of '${match}' to ${action}`,
  wrongUser: ({ wanted, username }: { wanted: string; username: string }) =>
    `the master is to run as '${wanted}' (option 'user'), not as '${username}'`,
  noMinion: ({ socket }: { socket: string }) => `no minion runs here (none answers at ${socket})`,
  notLetIn: ({ id, master, why }: { id: string; master: string; why: string }) =>
    `the minion '${id}' has no session with its master '${master}': ${why}`,
  unknownAction: ({ verb, action }: { verb: string; action: string }) => `tsalt ${verb} can't '${action}'`,
  unknownSchema: ({ name }: { name: string }) => `there is no schema of '${name}'`,
  exclusive: ({ options }: { options: string }) => `options ${options} exclude each other`,
  needsOption: ({ option, needed }: { option: string; needed: string }) =>
    `option ${option} means nothing without ${needed}`,
  surplus: ({ verb, word }: { verb: string; word: string }) => `tsalt ${verb} has no use for '${word}'`,
  notAFunction: ({ fun }: { fun: string }) => `'${fun}' is not the name of a function, such as test.ping`,
  partedArguments: ({ functions, parts }: { functions: number; parts: number }) =>
    `there are arguments for ${parts} ${parts === 1 ? 'function' : 'functions'}, and ${functions} functions`,
  nothingRuns: () => 'neither a master nor a minion answers on this machine',
  tooMuchInput: ({ most }: { most: number }) => `standard input is longer than ${most} bytes`,
  brokenOff: () => 'it was broken off: nothing was done',
  missingArgument: ({ verb, what }: { verb: string; what: string }) => `tsalt ${verb} needs ${what}`,
});
