import { catalogue } from './error.ts';

export const templateErrors = catalogue('TS_TEMPLATE', {
  syntax: ({ problem }: { problem: string }) => `this is not a Handlebars template: ${problem}`,
  unclosed: ({ block }: { block: string }) => `{{#${block}}} has no {{/${block}}}`,
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
  tooLong: () => 'what this renders to is longer than 32 MiB',
});
