import type { AnyNode, Expression, Program } from 'acorn';

export type { AnyNode } from 'acorn';

/** One name that an import or export takes of another module, and where that stands. */
export interface TakenName {
  readonly name: string;
  readonly at: number;
}

/** `import ... from 'x'`, `export ... from 'x'`: where its quoted name stands, and what it takes. */
export interface ModuleImport {
  readonly specifier: string;
  readonly start: number;
  readonly end: number;
  readonly names: readonly TakenName[];
}

/** `import(x)`: undefined for what is no quoted name. */
export interface ImportCall {
  readonly specifier: string | undefined;
  readonly start: number;
}

export interface ModuleShape {
  readonly imports: readonly ModuleImport[];
  readonly calls: readonly ImportCall[];
  /** The names it exports; undefined where it passes on all of another module. */
  readonly exports: ReadonlySet<string> | undefined;
  /** Where its default export stands. */
  readonly defaultAt: number | undefined;
}

/** The nodes right below one. */
export function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The text of a name or a quoted text; undefined for what has to be computed. */
export function wordOf(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'Literal') return typeof node.value === 'object' ? undefined : String(node.value);
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** What a module takes of others and gives to them. */
export function shapeOf(program: Program): ModuleShape {
  const imports: ModuleImport[] = [];
  const calls: ImportCall[] = [];
  const exports = new Set<string>();
  let passesOn = false;
  let defaultAt: number | undefined;

  const give = (name: string, at: number): void => {
    exports.add(name);
    if (name === 'default') defaultAt = at;
  };
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration') imports.push(importOf(node.source, node.specifiers.flatMap(takenBy)));
    if (node.type === 'ExportDefaultDeclaration') give('default', node.start);
    if (node.type === 'ExportAllDeclaration') {
      imports.push(importOf(node.source, []));
      if (node.exported) give(nameOf(node.exported), node.start);
      else passesOn = true;
    }
    if (node.type === 'ExportNamedDeclaration') {
      for (const { exported, start } of node.specifiers) give(nameOf(exported), start);
      for (const name of node.declaration ? declaredBy(node.declaration) : []) give(name, node.start);
      const names = node.specifiers.map(({ local }) => taken(local));
      if (node.source) imports.push(importOf(node.source, names));
    }
  }
  const visit = (node: AnyNode): void => {
    if (node.type === 'ImportExpression') calls.push({ specifier: quoted(node.source), start: node.start });
    childrenOf(node).forEach(visit);
  };
  visit(program);
  return { imports, calls, exports: passesOn ? undefined : exports, defaultAt };
}

function importOf(source: { value?: unknown; start: number; end: number }, names: readonly TakenName[]): ModuleImport {
  return { specifier: String(source.value), start: source.start, end: source.end, names };
}

type Named = Parameters<typeof wordOf>[0];

function nameOf(node: Named): string {
  return wordOf(node) ?? '';
}

function taken(node: Named): TakenName {
  return { name: nameOf(node), at: node.start };
}

function takenBy(node: AnyNode): TakenName[] {
  if (node.type === 'ImportSpecifier') return [taken(node.imported)];
  return node.type === 'ImportDefaultSpecifier' ? [{ name: 'default', at: node.start }] : [];
}

function quoted(node: Expression): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** The names that a declaration makes, those of patterns too. */
function declaredBy(node: AnyNode): string[] {
  if (node.type === 'Identifier') return [node.name];
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id ? [node.id.name] : [];
  if (node.type === 'VariableDeclaration') return node.declarations.flatMap(({ id }) => declaredBy(id));
  if (node.type === 'Property') return declaredBy(node.value);
  if (node.type === 'AssignmentPattern') return declaredBy(node.left);
  return childrenOf(node).flatMap(declaredBy);
}
