const rooms = [
  'bench',
  'cli',
  'cluster',
  'lib',
  'master',
  'minion',
  'pillar',
  'reactors',
  'returners',
  'states',
  'store',
  'test',
  'wire',
];

export default {
  typescript: {
    rewritePaths: Object.fromEntries(rooms.map((room) => [`${room}/`, `dist/${room}/`])),
    compile: false,
  },
  files: ['test/**/*.test.ts', '!test/host/**'],
  // A zeromq socket left open in a worker thread aborts the whole run; in a process only its file fails.
  workerThreads: false,
  concurrency: 2,
  timeout: '120s',
  nodeArguments: ['--enable-source-maps'],
};
