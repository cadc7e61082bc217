// Makes self-contained bundles: Node, tsalt in one file, its native addons, systemd units, an installer.
// usage: node scripts/minion-bundle.mjs [--arch x64|arm64|all] [--out DIR] [--node FILE] [--level 0-9]
// Writes DIR/<sha256>.tar.gz for each and DIR/bundles.json, which names them by architecture. The same sources, and the
// same tools, give the same bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { apart, drivers, moduleTools, pluginsOf } from './apart.mjs';
import { pluginTypes } from './plugin-types.mjs';
import { addonFiles, nativeAddons } from './native-addons.mjs';

const root = path.resolve(import.meta.dirname, '..');
const modules = path.join(root, 'node_modules');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const { version } = manifest;
const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));

/** The official builds of Node, as npm packages. */
const runtime = {
  version: '24.21.0',
  integrity: {
    x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

const { values: options } = parseArgs({
  options: {
    arch: { type: 'string', default: 'all' },
    out: { type: 'string', default: path.join(root, 'dist', 'bundles') },
    // Another Node than the pinned one, for tests: of this machine's architecture.
    node: { type: 'string' },
    level: { type: 'string', default: '6' },
  },
});
const architectures = options.arch === 'all' ? Object.keys(runtime.integrity) : [options.arch];

function run(file, args, settings = {}) {
  const { status, error, stdout } = spawnSync(file, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
    ...settings,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return stdout;
}

/** One file of an npm package, fetched once and kept outside the tree; checked against its integrity each time. */
function fromPackage(name, packageVersion, integrity, member, target) {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'tsalt', 'packages');
  const file = path.join(cache, `${createHash('sha256').update(integrity).digest('hex')}.tgz`);
  const intact = () => `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` === integrity;
  if (!existsSync(file) || !intact()) {
    mkdirSync(cache, { recursive: true });
    const fetched = mkdtempSync(path.join(cache, 'fetch-'));
    try {
      const out = run('npm', ['pack', '--silent', `${name}@${packageVersion}`, '--pack-destination', fetched], {
        encoding: 'utf8',
        cwd: os.tmpdir(),
      });
      renameSync(path.join(fetched, out.trim().split('\n').at(-1)), file);
    } finally {
      rmSync(fetched, { recursive: true });
    }
    if (!intact()) throw new Error(`${name}@${packageVersion} is not what was pinned`);
  }
  writeFileSync(target, run('tar', ['-xzOf', file, `package/${member}`]));
}

/** What is compiled once is kept, where whoever runs it may write. A file of its own: it has to be said before. */
const starter = `'use strict';
require('node:module').enableCompileCache?.(require('node:path').join(__dirname, 'compiled'));
require('./program.cjs');
`;

/** The programs in a bundle, each in one file: tsalt itself, what a master runs in processes of their own, and what few need. */
const programs = {
  'program.cjs': `import { main } from './cli/main.ts';
    void main(process.argv.slice(2)).then((code) => { process.exitCode = code; });`,
  'render-child.cjs': `import './master/pool/render-child.ts';`,
  'code-child.cjs': `import './master/pool/code-child.ts';`,
  'orchestrate-child.cjs': `import './master/pool/orchestrate-child.ts';`,
  'table-check-child.cjs': `import './store/table-check-child.ts';`,
  'returner-child.cjs': `import './master/pool/returner-child.ts';`,
  'runner-child.cjs': `import './master/pool/runner-child.ts';`,
  'custom-child.cjs': `import './minion/custom/custom-child.ts';`,
  'module-tools.cjs': `export * from './${moduleTools}';`,
};

/** What modules of operators import as `tsalt/plugins`. */
const plugins = 'plugins.mjs';
const pluginsTypes = 'plugins.d.ts';

async function bundleProgram(file, contents) {
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    legalComments: 'none',
    logLevel: 'warning',
    external: path.basename(file) === 'program.cjs' ? drivers : [],
    plugins: [nativeAddons, apart],
    define: {
      'import.meta.url': 'importMetaUrl',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
    banner: { js: `const importMetaUrl = require('node:url').pathToFileURL(__filename).href;` },
  });
}

const fromNode = (arch, member, target) =>
  fromPackage(`node-linux-${arch}`, runtime.version, runtime.integrity[arch], member, target);

function addNode(arch, target) {
  if (options.node) cpSync(options.node, target);
  else fromNode(arch, 'bin/node', target);
  chmodSync(target, 0o755);
}

function addAddons(arch, folder) {
  // N-API, one file for Node 20 to 26; the ones named by other numbers need a newer libc.
  cpSync(
    path.join(modules, 'zeromq', 'build', 'linux', arch, 'node', 'glibc-127-Release', 'addon.node'),
    path.join(folder, addonFiles.zeromq),
  );
  const name = `@lmdb/lmdb-linux-${arch}`;
  const installed = path.join(modules, name, 'node.napi.glibc.node');
  if (existsSync(installed)) return cpSync(installed, path.join(folder, addonFiles.lmdb));
  const locked = lock.packages[`node_modules/${name}`];
  fromPackage(name, locked.version, locked.integrity, 'node.napi.glibc.node', path.join(folder, addonFiles.lmdb));
}

/** The names of all packages that a bundle has in it. */
function ingredients(names = Object.keys(manifest.dependencies), found = new Set()) {
  for (const name of names) {
    const locked = lock.packages[`node_modules/${name}`];
    if (found.has(name) || !locked) continue;
    found.add(name);
    ingredients(Object.keys(locked.dependencies ?? {}), found);
  }
  return found;
}

function addLicenses(arch, folder) {
  for (const name of ingredients()) {
    const files = readdirSync(path.join(modules, name)).filter((file) => /^licen[sc]e/i.test(file));
    for (const file of files) {
      cpSync(path.join(modules, name, file), path.join(folder, `${name.replace('/', '-')}-${file}`));
    }
  }
  if (!options.node) fromNode(arch, 'LICENSE', path.join(folder, 'node-LICENSE'));
}

const out = path.resolve(options.out);
mkdirSync(out, { recursive: true });
const work = mkdtempSync(path.join(os.tmpdir(), 'tsalt-bundle-'));
try {
  for (const [name, text] of Object.entries(programs)) await bundleProgram(path.join(work, name), text);
  await build(pluginsOf(root, path.join(work, plugins)));
  writeFileSync(path.join(work, pluginsTypes), pluginTypes(root));
  const bundles = {};
  for (const arch of architectures) {
    const tree = path.join(work, arch);
    mkdirSync(path.join(tree, 'lib'), { recursive: true });
    cpSync(path.join(root, 'share'), tree, { recursive: true });
    if (existsSync(path.join(root, 'examples'))) {
      cpSync(path.join(root, 'examples'), path.join(tree, 'examples'), { recursive: true });
    }
    const { name, license } = manifest;
    writeFileSync(path.join(tree, 'package.json'), `${JSON.stringify({ name, version, license }, null, 2)}\n`);
    for (const name of [...Object.keys(programs), plugins, pluginsTypes])
      cpSync(path.join(work, name), path.join(tree, 'lib', name));
    writeFileSync(path.join(tree, 'lib', 'tsalt.cjs'), starter);
    addNode(arch, path.join(tree, 'lib', 'node'));
    addAddons(arch, path.join(tree, 'lib'));
    mkdirSync(path.join(tree, 'licenses'));
    addLicenses(arch, path.join(tree, 'licenses'));
    // Times, owners and order are those of nobody.
    const same = [
      '--format=ustar',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=go-w,u+w,a+rX',
    ];
    const bytes = gzipSync(run('tar', ['-cf', '-', ...same, '-C', tree, '.']), { level: Number(options.level) });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(path.join(out, `${sha256}.tar.gz`), bytes);
    bundles[arch] = sha256;
    console.log(`${arch}: ${path.join(out, `${sha256}.tar.gz`)} (${(bytes.length / 2 ** 20).toFixed(1)} MiB)`);
  }
  writeFileSync(path.join(out, 'bundles.json'), `${JSON.stringify({ version, bundles }, null, 2)}\n`);
} finally {
  rmSync(work, { recursive: true });
}
