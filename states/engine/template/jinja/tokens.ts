/** A word of an expression. A text is as it is written between its quotes. */
export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'end';
  readonly text: string;
}

const shape =
  /\s+|(?<name>[A-Za-z_]\w*)|(?<number>\d+(?:\.\d+)?)|'(?<single>(?:[^'\\]|\\[^])*)'|"(?<double>(?:[^"\\]|\\[^])*)"|(?<mark>==|!=|<=|>=|\/\/|\*\*|[-+*/%~|.,:()[\]{}<>=])/y;

/** As many words as an expression may have: a map of all platforms has hundreds. */
const most = 5000;

/** The words of a Jinja expression; undefined where it is none, or too long. */
export function tokensOf(source: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const pattern = new RegExp(shape);
  while (pattern.lastIndex < source.length) {
    const groups = pattern.exec(source)?.groups;
    if (!groups || tokens.length > most) return undefined;
    const { name, number, single, double, mark } = groups;
    const text = single ?? double;
    if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (text !== undefined) tokens.push({ kind: 'text', text });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
  }
  return [...tokens, { kind: 'end', text: '' }];
}
