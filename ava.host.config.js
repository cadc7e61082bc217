import common from './ava.config.js';

/** Tests that boot real Debian machines: one file at a time, minutes allowed. */
export default { ...common, files: ['test/host/**/*.test.ts'], concurrency: 1, timeout: '10m' };
