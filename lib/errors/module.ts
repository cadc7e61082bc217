import { catalogue } from './error.ts';

export const moduleErrors = catalogue('TS_MODULE', {
  syntax: ({ language, problem }: { language: string; problem: string }) => `this is not ${language}: ${problem}`,
  notErasable: ({ what }: { what: string }) => `${what} can't be used here: types are taken away, and nothing else`,
  noModule: ({ specifier }: { specifier: string }) => `there is no module '${specifier}'`,
  notModule: ({ specifier }: { specifier: string }) => `'${specifier}' is no module: these are .ts, .js and .mjs files`,
  leadsOut: ({ specifier }: { specifier: string }) => `'${specifier}' leads out of the tree`,
  noExport: ({ specifier, name }: { specifier: string; name: string }) => `'${specifier}' exports no '${name}'`,
  importCall: ({ what }: { what: string }) => `import() takes the quoted name of a module of Node here, not ${what}`,
  badDefault: ({ expected, found }: { expected: string; found: string }) =>
    `the default export has to be ${expected}, not ${found}`,
  threw: ({ problem }: { problem: string }) => `this failed: ${problem}`,
  neverDone: () => 'this never ends: what it waits for can no longer come',
  notData: ({ found }: { found: string }) => `what it returns has to be data, not ${found}`,
  otherKind: ({ name, expected, found }: { name: string; expected: string; found: string }) =>
    `'${name}' has to be ${expected}, not ${found}`,
});
