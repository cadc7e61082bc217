/** The parser alone: nothing of Handlebars' code generation and run time is loaded. */
declare module 'handlebars/dist/cjs/handlebars/compiler/base.js' {
  export function parse(template: string): import('./syntax.ts').Program;
}
