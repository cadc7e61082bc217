#!/usr/bin/env node
'use strict';
const path = require('node:path');
const { pathToFileURL } = require('node:url');

void import(pathToFileURL(path.join(__dirname, '..', 'dist', 'cli', 'main.js')).href).then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
