// Makes dist/tsalt.cjs: all of tsalt in one file, which starts faster than hundreds of modules. Native addons stay in
// node_modules, and are loaded by what needs them.
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');

await build({
  // The programs that a master runs in processes of their own stand beside it.
  entryPoints: {
    tsalt: path.join(root, 'cli', 'main.ts'),
    'render-child': path.join(root, 'master', 'pool', 'render-child.ts'),
    'code-child': path.join(root, 'master', 'pool', 'code-child.ts'),
  },
  outdir: path.join(root, 'dist'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['zeromq', 'lmdb', 'msgpackr-extract'],
  // What a stack trace names is what a maintainer reads.
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__bundleUrl' },
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
});
