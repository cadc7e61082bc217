import { catalogue } from './error.ts';

export const templateErrors = catalogue('TS_TEMPLATE', {
  syntax: ({ problem }: { problem: string }) => `this is not a Handlebars template: ${problem}`,
  unclosed: ({ block }: { block: string }) => `{{#${block}}} has no {{/${block}}}`,
  otherEnd: ({ block, other }: { block: string; other: string }) => `{{#${block}}} ends with {{/${other}}}`,
  unended: ({ braces }: { braces: string }) =>
    `the ${braces} that opens here is never closed by ${'}'.repeat(braces.length)}`,
  jinja: ({ mark }: { mark: string }) => `${mark} is Jinja; templates are Handlebars here`,
  undefinedName: ({ name }: { name: string }) => `'${name}' is not defined`,
  unknownHelper: ({ name }: { name: string }) => `there is no helper '${name}'`,
  unknownBlock: ({ name }: { name: string }) => `there is no block helper '${name}'`,
  notSupported: ({ what }: { what: string }) => `${what} are not supported`,
  notPrintable: ({ name, kind }: { name: string; kind: string }) => `'${name}' is a ${kind}, which can't stand in text`,
  badArguments: ({ name, expected }: { name: string; expected: string }) => `helper '${name}' takes ${expected}`,
  notIterable: ({ name, kind }: { name: string; kind: string }) =>
    `'${name}' is a ${kind}: #each goes over a list or a map`,
  saltNotLiteral: () => `the function that 'salt' calls has to be written as a quoted name`,
  failed: ({ name, problem }: { name: string; problem: string }) => `helper '${name}' failed: ${problem}`,
  noPartial: ({ name }: { name: string }) => `there is no partial '${name}'`,
  noFile: ({ path }: { path: string }) => `there is no file '${path}' in the tree`,
  badPath: ({ path }: { path: string }) => `'${path}' can't name a file of the tree`,
  noTree: ({ path }: { path: string }) => `'${path}' can't be had: no tree of files is at hand here`,
  notAtHand: ({ path }: { path: string }) => `'${path}' was not fetched before the run`,
  tooDeep: ({ name }: { name: string }) => `partial '${name}' calls itself without an end`,
  tooMuch: () => 'this template takes more than five million steps',
  tooLong: () => 'what this renders to is longer than 32 MiB',
});
