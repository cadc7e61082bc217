/** The nodes of a parsed template, as Handlebars' parser makes them. */

interface Position {
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

interface Located {
  readonly loc: { readonly start: Position; readonly end: Position };
}

export interface PathExpression extends Located {
  readonly type: 'PathExpression';
  /** `@index`: a variable of the loop. */
  readonly data: boolean;
  /** How many `../` it has. */
  readonly depth: number;
  readonly parts: readonly string[];
  readonly original: string;
}

interface Literal extends Located {
  readonly type: 'StringLiteral' | 'NumberLiteral' | 'BooleanLiteral' | 'NullLiteral' | 'UndefinedLiteral';
  readonly value?: string | number | boolean;
  readonly original: string | number | boolean | null | undefined;
}

interface Call extends Located {
  readonly path: PathExpression | Literal;
  readonly params: readonly Expression[];
  readonly hash?: { readonly pairs: readonly ({ readonly key: string; readonly value: Expression } & Located)[] };
}

export interface SubExpression extends Call {
  readonly type: 'SubExpression';
}

export type Expression = PathExpression | Literal | SubExpression;

export interface Content extends Located {
  readonly type: 'ContentStatement';
  /** After the blanks that block tags on lines of their own take with them. */
  readonly value: string;
  readonly original: string;
}

export interface Mustache extends Call {
  readonly type: 'MustacheStatement';
}

export interface Block extends Call {
  readonly type: 'BlockStatement';
  readonly program?: Program | undefined;
  readonly inverse?: Program | undefined;
}

interface Comment extends Located {
  readonly type: 'CommentStatement';
}

export interface PartialCall extends Located {
  readonly type: 'PartialStatement' | 'PartialBlockStatement';
  readonly name: Expression;
  readonly params: readonly Expression[];
  readonly hash?: Call['hash'];
  /** Blanks before one that stands on a line of its own. */
  readonly indent?: string;
  readonly program?: Program | undefined;
}

/** `{{*import "x"}}`. */
export interface Decorator extends Call {
  readonly type: 'Decorator';
}

/** `{{#*inline "x"}}`. */
export interface DecoratorBlock extends Call {
  readonly type: 'DecoratorBlock';
  readonly program?: Program | undefined;
}

export type Statement = Content | Mustache | Block | Comment | PartialCall | Decorator | DecoratorBlock;

export interface Program {
  readonly type: 'Program';
  readonly body: readonly Statement[];
  readonly blockParams?: readonly string[];
}

export type { Located, Literal, Call };
