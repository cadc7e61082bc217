// Makes dist/plugins.d.ts: the types of what `tsalt/plugins` gives, all in one file that needs no package, for editors.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const entry = 'lib/plugins';

/** The text of the file. Each of our files becomes a module of its own, which only the others name. */
export function pluginTypes(root) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tsalt-types-'));
  try {
    const files = declarations(root, folder);
    const seen = new Set();
    const made = [];
    const add = (name) => {
      if (seen.has(name)) return;
      seen.add(name);
      const inner = [];
      const text = files(name).replace(/(\bfrom |\bimport\()(['"])([^'"]+)\2/g, (_, before, __, specifier) => {
        if (!specifier.startsWith('.')) {
          inner.push(specifier);
          return `${before}'${specifier}'`;
        }
        const other = path.posix.join(path.posix.dirname(name), specifier).replace(/\.(?:d\.)?ts$/, '');
        inner.push(other);
        return `${before}'${moduleName(other)}'`;
      });
      made.push(ambient(moduleName(name), text));
      for (const other of inner) if (other === 'valibot' || other.startsWith('lib/')) add(other);
    };
    add(entry);
    return `// What modules of your own are written with: \`tsalt schema plugins\` writes this file.\n\n${made.join('\n')}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const moduleName = (name) =>
  name === entry ? 'tsalt/plugins' : name === 'valibot' ? 'tsalt/valibot' : `tsalt/${name}`;

/** The declarations of a file of ours, or of valibot. */
function declarations(root, folder) {
  const config = path.join(folder, 'tsconfig.json');
  const compilerOptions = {
    declaration: true,
    emitDeclarationOnly: true,
    incremental: false,
    sourceMap: false,
    rootDir: root,
    outDir: folder,
    typeRoots: [path.join(root, 'node_modules/@types')],
  };
  const files = [path.join(root, `${entry}.ts`)];
  writeFileSync(
    config,
    JSON.stringify({ extends: path.join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
  );
  const { status, stdout } = spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', config], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
  return (name) =>
    name === 'valibot'
      ? readFileSync(path.join(root, 'node_modules/valibot/dist/index.d.mts'), 'utf8')
      : readFileSync(path.join(folder, `${name}.d.ts`), 'utf8');
}

/** A module for who has no package; what is in it is declared as it is. */
function ambient(name, text) {
  const inside = text
    .replace(/^(export )?declare /gm, '$1')
    .replace(/^\/\/#.*\n/gm, '')
    .replace(/'valibot'/g, `'${moduleName('valibot')}'`);
  return `declare module '${name}' {\n${inside.trimEnd()}\n}\n`;
}
