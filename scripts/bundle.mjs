// Makes dist/tsalt.cjs: all of tsalt in one file, which starts faster than hundreds of modules. Native addons stay in
// node_modules, and are loaded by what needs them.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { apart, drivers, moduleTools, pluginsOf } from './apart.mjs';
import { pluginTypes } from './plugin-types.mjs';

const root = path.resolve(import.meta.dirname, '..');

const options = {
  outdir: path.join(root, 'dist'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // The launcher reads it byte by byte.
  charset: 'ascii',
  external: ['zeromq', 'lmdb', 'msgpackr-extract'],
  plugins: [apart],
  // What a stack trace names is what a maintainer reads.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};

const program = (name, file) => ({ [name]: path.join(root, file) });

await build({
  ...options,
  external: [...options.external, ...drivers],
  entryPoints: program('tsalt', 'cli/main.ts'),
  // What stays outside is required: a script that V8's cache brought can't import.
  supported: { 'dynamic-import': false },
});

// Its hash on the first line is what the launcher tells it by: no start has to make it anew.
const made = path.join(root, 'dist', 'tsalt.cjs');
const text = readFileSync(made);
writeFileSync(
  made,
  `// ${createHash('sha256').update(text).digest('hex').slice(0, 32)}\n${text.toString('latin1')}`,
  'latin1',
);

// The programs that run in processes of their own, and what modules of operators need: these may be ES modules,
// and are imported.
await build({
  ...options,
  entryPoints: {
    ...program('render-child', 'master/pool/render-child.ts'),
    ...program('code-child', 'master/pool/code-child.ts'),
    ...program('returner-child', 'master/pool/returner-child.ts'),
    ...program('orchestrate-child', 'master/pool/orchestrate-child.ts'),
    ...program('table-check-child', 'store/table-check-child.ts'),
    ...program('runner-child', 'master/pool/runner-child.ts'),
    ...program('custom-child', 'minion/custom/custom-child.ts'),
    ...program('module-tools', moduleTools),
  },
});

// What modules of operators import as `tsalt/plugins`.
await build(pluginsOf(root, path.join(root, 'dist', 'plugins.mjs')));
writeFileSync(path.join(root, 'dist', 'plugins.d.ts'), pluginTypes(root));

// What `tsalt/states` is to an editor, and to who runs a state file by itself.
const compiled = (file) => import(pathToFileURL(path.join(root, 'dist', file)).href);
const [{ statesTypes }, { builtinStates }, { builtinModules }, { ownModules }] = await Promise.all(
  ['cli/schema/types.js', 'states/registry.js', 'minion/local.js', 'lib/modules/parts.js'].map(compiled),
);
writeFileSync(path.join(root, 'dist', 'states.d.ts'), await statesTypes(builtinStates, builtinModules));
writeFileSync(path.join(root, 'dist', 'states.mjs'), ownModules['tsalt/states']);
