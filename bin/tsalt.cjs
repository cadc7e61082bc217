#!/usr/bin/env node
'use strict';
// Starts tsalt from its one-file bundle, with V8's compiled code kept beside it; from the compiled modules when there is
// no bundle, or an older one than they are.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

const dist = path.join(__dirname, '..', 'dist');
const bundle = path.join(dist, 'tsalt.cjs');

function changed(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** What tells a bundle from any other: its hash, as `scripts/bundle.mjs` wrote it there, and when it was written. */
function identityOf(bytes, source) {
  const [, stamp] = /^\/\/ ([0-9a-f]{32})\n/.exec(source.slice(0, 40)) ?? [];
  if (stamp !== undefined) return `${stamp}-${Math.round(changed(bundle)).toString(36)}`;
  return require('node:crypto').createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/** Runs the bundle and gives what it exports. */
function load() {
  const bytes = fs.readFileSync(bundle);
  // It is ASCII (scripts/bundle.mjs sees to it), which is at hand at once as this.
  const source = bytes.latin1Slice();
  // V8 itself compares no more than the length of the source.
  const cache = path.join(dist, `.tsalt-${identityOf(bytes, source)}-${process.version}.cache`);
  let cachedData;
  try {
    cachedData = fs.readFileSync(cache);
  } catch {
    // The first start after an installation.
  }
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: bundle,
    cachedData,
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected) process.once('exit', () => keep(script, cache));
  const module = { exports: {} };
  const { createRequire } = require('node:module');
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dist);
  return module.exports;
}

/** Keeps what V8 compiled by now. Where that can't be written, starting is slower and all else the same. */
function keep(script, cache) {
  const fresh = `${cache}.${process.pid}`;
  try {
    fs.writeFileSync(fresh, script.createCachedData(), { mode: 0o644, flag: 'wx' });
    fs.renameSync(fresh, cache);
    for (const name of fs.readdirSync(dist)) {
      const isOld =
        /^\.tsalt-[\w-]+-v[\d.]+\.cache$/.test(name) && !cache.endsWith(name) && name.includes(process.version);
      if (isOld) fs.rmSync(path.join(dist, name), { force: true });
    }
  } catch {
    fs.rmSync(fresh, { force: true });
  }
}

async function start() {
  const isFresh = changed(bundle) > 0 && changed(bundle) >= changed(path.join(dist, '.tsbuildinfo'));
  const { main } = isFresh
    ? load()
    : await import(require('node:url').pathToFileURL(path.join(dist, 'cli', 'main.js')).href);
  process.exitCode = await main(process.argv.slice(2));
}

void start();
