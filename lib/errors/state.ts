import { catalogue } from './error.ts';

export const stateErrors = catalogue('TS_STATE', {
  noSls: ({ sls, kind = 'state' }: { sls: string; kind?: 'state' | 'pillar' }) => `there is no ${kind} file '${sls}'`,
  noSuchId: ({ id }: { id: string }) => `no state has the id '${id}'`,
  noEnvironment: ({ saltenv }: { saltenv: string }) => `there is no environment '${saltenv}'`,
  lockedEnvironment: ({ saltenv }: { saltenv: string }) =>
    `the environment '${saltenv}' can't be named here: the config says 'lock_saltenv'`,
  noPillarEnvironment: ({ pillarenv }: { pillarenv: string }) => `there is no environment '${pillarenv}' of pillar`,
  noSlsAnywhere: ({ sls, saltenvs }: { sls: string; saltenvs: string }) =>
    `there is no state file '${sls}' in any environment that is meant for this minion (${saltenvs})`,
  ambiguousSls: ({ sls, saltenvs }: { sls: string; saltenvs: string }) =>
    `the state file '${sls}' is in several environments: ${saltenvs}`,
  badSlsName: ({ sls, kind = 'state' }: { sls: string; kind?: 'state' | 'pillar' }) =>
    `'${sls}' is not the name of a ${kind} file: names joined by dots`,
  noSource: ({ url }: { url: string }) => `there is no file ${url}`,
  badSource: ({ url }: { url: string }) => `'${url}' is not the address of a file in the state tree`,
  unknownRenderer: ({ name }: { name: string }) => `there is no renderer '${name}'`,
  notMap: ({ what, found }: { what: string; found: string }) => `${what} has to be a map, not ${found}`,
  badTop: ({ what, found }: { what: string; found: string }) => `${what} in the top file, not ${found}`,
  noMatch: ({ id, saltenv }: { id: string; saltenv: string }) =>
    `no state file is meant for this minion: nothing under '${saltenv}' in the top file matches '${id}'`,
  noTop: () => 'there is no top.sls, so nothing says which states are meant for this minion',
  idNotText: ({ id, kind }: { id: string; kind: string }) => `id '${id}' is a ${kind}, not text`,
  duplicateId: ({ id, other }: { id: string; other: string }) => `id '${id}' is already taken at ${other}`,
  twice: ({ tag }: { tag: string }) => `the same state stands here twice: ${tag}`,
  badState: ({ id }: { id: string }) => `'${id}' needs a state function, such as file.managed`,
  notList: ({ state, found }: { state: string; found: string }) =>
    `the arguments of ${state} have to be a list, not ${found}`,
  badArgument: ({ state, found }: { state: string; found: string }) =>
    `an argument of ${state} is written '- name: value', not ${found}`,
  noFunction: ({ module }: { module: string }) =>
    `'${module}' needs a function: '${module}.something', or its name among the arguments`,
  twoFunctions: ({ module, first, second }: { module: string; first: string; second: string }) =>
    `'${module}' has two functions here, '${first}' and '${second}'`,
  brokenModule: ({ module, why }: { module: string; why: string }) =>
    `the state module '${module}' of the state tree can't be used: ${why}`,
  unknownModule: ({ module }: { module: string }) => `there is no state module '${module}'`,
  notHere: ({ state, why }: { state: string; why: string }) => `${state} can't be used here: ${why}`,
  unknownFunction: ({ module, fun }: { module: string; fun: string }) =>
    `state module '${module}' has no function '${fun}'`,
  unknownArgument: ({ state, name }: { state: string; name: string }) => `${state} has no argument '${name}'`,
  repeatedArgument: ({ state, name }: { state: string; name: string }) =>
    `argument '${name}' of ${state} is given twice`,
  missingArgument: ({ state, name }: { state: string; name: string }) => `${state} needs the argument '${name}'`,
  badValue: ({ name, expected, found }: { name: string; expected: string; found: string }) =>
    `'${name}' has to be ${expected}, not ${found}`,
  invalid: ({ state, complaint }: { state: string; complaint: string }) => `${state}: ${complaint}`,
  notSupported: ({ name }: { name: string }) => `'${name}' is not supported yet`,
  noAggregate: ({ state }: { state: string }) =>
    `'aggregate' means nothing to ${state}: there is nothing that several of them could do in one go`,
  badRequisite: ({ kind, found }: { kind: string; found: string }) =>
    `'${kind}' takes a list of '- module: id', or ids, not ${found}`,
  noTarget: ({ kind, target }: { kind: string; target: string }) =>
    `'${kind}' names ${target}, which is nowhere in this tree`,
  cycle: ({ chain }: { chain: string }) => `these states wait for each other: ${chain}`,
  badInclude: ({ found }: { found: string }) =>
    `'include' takes a list of state files, '- file' and '- environment: file', not ${found}`,
  badPillarInclude: ({ found }: { found: string }) =>
    `'include' of a pillar file takes a list of files, '- file' and '- file: {key: a:b, defaults: {...}}', not ${found}`,
  badExclude: ({ found }: { found: string }) =>
    `'exclude' takes a list of state files, '- sls: file' and '- id: name', not ${found}`,
  badExtend: ({ found }: { found: string }) =>
    `'extend' takes a map of ids, each with what is added to it, not ${found}`,
  nothingToExtend: ({ id, module }: { id: string; module: string }) =>
    `there is no ${module} '${id}' in this tree that could be extended`,
  includeOutside: ({ name }: { name: string }) => `'${name}' leads out of the tree`,
  stepFailed: ({ problem, step, of }: { problem: string; step: number; of: number }) =>
    of === 1 ? problem : `${problem} (in step ${step} of ${of}; those before were done)`,
});
