import { parse, type Program } from 'acorn';

/*
 * What is needed of others for modules that operators write: a megabyte and more, so bundles have it in a file of its own,
 * which is loaded where there is such a module. It shares nothing with the rest, so all it gives is plain data.
 */

/** A mistake in a module's text: line from 1, column from 0. */
export interface SyntaxMistake {
  readonly problem: string;
  readonly line: number;
  readonly column: number;
  /** It is right, but has to be compiled to run. */
  readonly isUnsupported: boolean;
}

/** The text with blanks in place of its types: lines and columns stay. */
export async function withoutTypes(text: string): Promise<string | SyntaxMistake> {
  const { default: stripper } = await import('@swc/wasm-typescript');
  const strip = (typed: string): string | SyntaxMistake => {
    try {
      return stripper.transformSync(typed, { mode: 'strip-only' }).code;
    } catch (thrown) {
      return mistakeOf(thrown);
    }
  };
  const made = strip(text);
  if (typeof made === 'string') return made;
  // Its columns count what a terminal shows; characters that are all of one width make them ours.
  const narrow = strip(text.replace(/[^\0-\x7f]/g, '_'));
  return typeof narrow !== 'string' && narrow.line === made.line ? { ...made, column: narrow.column } : made;
}

function mistakeOf(thrown: unknown): SyntaxMistake {
  const { code, message, startLine, startColumn } = Object(thrown) as Readonly<Record<string, unknown>>;
  if (typeof message !== 'string' || typeof startLine !== 'number' || typeof startColumn !== 'number') throw thrown;
  return { problem: message, line: startLine, column: startColumn, isUnsupported: code === 'UnsupportedSyntax' };
}

/** The syntax tree of a module in JavaScript. */
export function treeOf(code: string): Program | SyntaxMistake {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) || !('loc' in thrown)) throw thrown;
    const { line, column } = thrown.loc as { line: number; column: number };
    return { problem: thrown.message.replace(/ \(\d+:\d+\)$/, ''), line, column, isUnsupported: false };
  }
}

/** Runs a module, with Node's own import: what V8's code cache brought (bin/tsalt.cjs) has none. */
export function runModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  return import(url) as Promise<Readonly<Record<string, unknown>>>;
}
