import { lineOf, type Place } from '../../../lib/place.ts';
import type { Source } from './scope.ts';
import type { Call, Located } from './syntax.ts';

/** A template's text, and where in it the nodes of its tree stand. */
export class SourceText {
  readonly source: Source;
  private readonly lineStarts: readonly number[];

  constructor(text: string, file: string) {
    this.source = { text, file };
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
  }

  /** A call as it is written, without its braces. */
  written(call: Call): string {
    const pairs = (call.hash?.pairs ?? []).map(({ key, value }) => `${key}=${this.text(value)}`);
    return [...[call.path, ...call.params].map((expression) => this.text(expression)), ...pairs].join(' ');
  }

  text({ loc }: Located): string {
    return this.source.text.slice(this.at(loc.start), this.at(loc.end));
  }

  offset({ loc }: Located): number {
    return this.at(loc.start);
  }

  private at({ line, column }: Located['loc']['start']): number {
    return (this.lineStarts[line - 1] ?? 0) + column;
  }

  place({ loc }: Located): Place {
    const { line, column } = loc.start;
    const { file, text } = this.source;
    return { file, line, column: column + 1, text: lineOf(text, line) };
  }
}
