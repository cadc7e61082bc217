// The one entry of every npm script. It needs no dependency of its own: it installs what is missing first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

/** Runs one command with the terminal's own input and output; a failure ends this process with its code. */
function run(file, args) {
  const { status, signal, error } = spawnSync(file, args, { stdio: 'inherit' });
  if (status === 0) return;
  console.error(
    `\n${path.basename(file)} ${args[0] ?? ''} failed: ${error?.message ?? `it ended with ${signal ?? status}`}`,
  );
  process.exit(status || 1);
}

const tool = (name, ...args) => run(path.join(root, 'node_modules', '.bin', name), args);

/** What an installation depends on: the manifest, the lock, and the Node that native parts are chosen for. */
function installationKey() {
  const hash = createHash('sha256').update(
    `${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}`,
  );
  for (const file of ['package.json', 'package-lock.json']) if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest('hex');
}

function install() {
  const stamp = path.join('node_modules', '.tsalt-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === installationKey()) return;
  // Not `npm ci`: it fails where a registry lacks some platform's optional package.
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, installationKey());
}

const build = () => tool('tsc', '-p', 'tsconfig.json');
const bundle = () => {
  build();
  run(process.execPath, ['scripts/bundle.mjs']);
};
const check = () => {
  build();
  tool('oxlint', '--type-aware', '--deny-warnings', '.');
  tool('oxfmt', '--check', '.');
  run(process.execPath, ['scripts/reference.mjs', '--check']);
};

const steps = {
  build,
  bundle,
  bundles: (args) => run(process.execPath, ['scripts/minion-bundle.mjs', ...args]),
  check,
  format: () => tool('oxfmt', '.'),
  unused: () => tool('knip'),
  'test:unit': (args) => {
    bundle();
    tool('ava', ...args);
  },
  test: async (args) => {
    check();
    bundle();
    const { allTests } = await import('./all-tests.mjs');
    process.exit(await allTests(args));
  },
  'test:long': (args) => {
    bundle();
    const [first, ...rest] = args;
    const faults = (...words) =>
      run(process.execPath, ['--enable-source-maps', 'dist/test/faults/harness/main.js', ...words]);
    if (first === 'faults') return faults(...rest);
    // A million frames, unless the environment says otherwise; then every guard is taken out, one after the other.
    process.env.TSALT_FUZZ_FRAMES ??= '1000000';
    tool('ava', '--timeout=180m', '--serial', ...(args.length > 0 ? args : ['test/fuzz/**']));
    if (args.length > 0) return;
    faults('--seeds', '20');
    for (const list of ['test/security/guards.json', 'test/faults/teeth.json'])
      run(process.execPath, ['scripts/mutants/main.mjs', list]);
  },
  demo: (args) => {
    bundle();
    // Ctrl-C is for the demo, which clears up; this process then ends as it does.
    process.on('SIGINT', () => {});
    run(process.execPath, ['bin/tsalt.cjs', 'demo', ...args]);
  },
  bench: (args) => {
    bundle();
    run(process.execPath, ['--enable-source-maps', 'dist/bench/main.js', ...args]);
  },
};

const [name, ...args] = process.argv.slice(2);
const step = steps[name];
if (!step) {
  console.error(`unknown step ${name}; there are: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
install();
await step(args);
