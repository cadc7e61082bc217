import { spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMap } from '../../lib/json.ts';

/** A complaint of the language server: lines and columns count from 1. */
export interface Complaint {
  readonly line: number;
  readonly column: number;
  /** The text that is underlined. */
  readonly underlined: string;
  readonly message: string;
}

export interface LanguageServer {
  /** What an editor would underline in a file of this name, below the server's directory. */
  complaints(name: string, text: string): Promise<readonly Complaint[]>;
  /** What an editor would offer at the `|` in the text. */
  offers(name: string, text: string): Promise<readonly string[]>;
  /** What an editor shows of the word at the `|` in the text. */
  hover(name: string, text: string): Promise<string>;
  stop(): void;
}

interface Kind {
  /** A program, and its arguments. */
  readonly command: readonly [string, ...string[]];
  readonly languageId: string;
  /** What it asks its editor for, by section. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

const modules = path.resolve(import.meta.dirname, '..', '..', '..', 'node_modules');

/** The YAML language server that editors use, as one of them starts it, with its `yaml` settings. */
export function yamlServer(directory: string, settings: Readonly<Record<string, unknown>>): Promise<LanguageServer> {
  const program = path.join(modules, 'yaml-language-server', 'bin', 'yaml-language-server');
  const yaml = { validate: true, completion: true, hover: true, schemaStore: { enable: false }, ...settings };
  return languageServer(directory, {
    command: [process.execPath, program, '--stdio'],
    languageId: 'yaml',
    settings: { yaml },
  });
}

/** TypeScript's own. */
export function typescriptServer(directory: string): Promise<LanguageServer> {
  const program = path.join(modules, 'typescript', 'bin', 'tsc');
  return languageServer(directory, {
    command: [process.execPath, program, '--lsp', '-stdio'],
    languageId: 'typescript',
  });
}

async function languageServer(directory: string, { command, languageId, settings }: Kind): Promise<LanguageServer> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<string, (value: unknown) => void>();
  let asked = 0;
  let bytes = Buffer.alloc(0);

  const send = (message: Readonly<Record<string, unknown>>): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const answerOf = (key: string): Promise<unknown> => new Promise((resolve) => void waiting.set(key, resolve));
  const ask = (method: string, params: unknown): Promise<unknown> => {
    const id = ++asked;
    send({ id, method, params });
    return answerOf(String(id));
  };
  const settle = (key: string, value: unknown): void => {
    waiting.get(key)?.(value);
    waiting.delete(key);
  };
  const take = (message: unknown): void => {
    if (!isMap(message)) return;
    const { id, method, params, result } = message;
    if (method === undefined) return settle(String(id), result);
    if (method === 'textDocument/publishDiagnostics' && isMap(params))
      return settle(String(params['uri']), params['diagnostics']);
    if (method === 'workspace/configuration' && isMap(params)) {
      send({
        id,
        result: (params['items'] as { section: string }[]).map(({ section }) => settings?.[section] ?? null),
      });
      return settle(method, undefined);
    }
    // Whatever else it wants to know of its editor, this one has nothing to say.
    if (id !== undefined) send({ id, result: null });
  };
  child.stdout.on('data', (more: Buffer) => {
    bytes = Buffer.concat([bytes, more]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(bytes.toString('latin1', 0, Math.max(0, end)))?.[1]);
      if (end < 0 || bytes.length < end + 4 + length) return;
      const body = bytes.subarray(end + 4, end + 4 + length).toString('utf8');
      bytes = bytes.subarray(end + 4 + length);
      take(JSON.parse(body));
    }
  });

  const workspace = pathToFileURL(directory).href;
  const answer = (await ask('initialize', {
    processId: process.pid,
    rootUri: workspace,
    workspaceFolders: [{ uri: workspace, name: 'workspace' }],
    capabilities: { textDocument: { publishDiagnostics: {}, diagnostic: {}, completion: {}, hover: {} } },
  })) as { capabilities: { diagnosticProvider?: unknown } };
  const tellsWhenAsked = answer.capabilities.diagnosticProvider !== undefined;
  const configured = answerOf('workspace/configuration');
  send({ method: 'initialized', params: {} });
  if (settings) await configured;

  let opened = 0;
  /** Each text is a file of its own: the server answers nothing to one that is not changed. */
  const open = async (name: string, text: string) => {
    const uri = pathToFileURL(path.join(directory, `${++opened}`, name)).href;
    const told = tellsWhenAsked ? undefined : answerOf(uri);
    send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId, version: 1, text } },
    });
    const asked = { textDocument: { uri } };
    const found = (await told) ?? ((await ask('textDocument/diagnostic', asked)) as { items: unknown }).items;
    return { uri, diagnostics: found as readonly Diagnostic[] };
  };
  const at = async (method: string, name: string, marked: string): Promise<unknown> => {
    const before = marked.slice(0, marked.indexOf('|')).split('\n');
    const { uri } = await open(name, marked.replace('|', ''));
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    return ask(method, { textDocument: { uri }, position });
  };

  return {
    async complaints(name, text) {
      const { diagnostics } = await open(name, text);
      const lines = text.split('\n');
      return diagnostics.map(({ message, range: { start, end } }) => ({
        line: start.line + 1,
        column: start.character + 1,
        underlined: (lines[start.line] ?? '').slice(
          start.character,
          end.line === start.line ? end.character : undefined,
        ),
        message,
      }));
    },
    async offers(name, text) {
      const answer = (await at('textDocument/completion', name, text)) as { items: readonly { label: string }[] };
      return answer.items.map(({ label }) => label);
    },
    async hover(name, text) {
      const answer = await at('textDocument/hover', name, text);
      return JSON.stringify(answer);
    },
    stop: () => void child.kill(),
  };
}

interface Position {
  readonly line: number;
  readonly character: number;
}

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: Position; readonly end: Position };
}
