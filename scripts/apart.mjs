// A part of tsalt that few runs need: bundles have it in a file of its own beside them, and load it where it is needed.
export const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /\/tools\.ts$/ }, ({ kind, resolveDir }) =>
      kind === 'dynamic-import' && /[\\/]lib[\\/]modules$/.test(resolveDir)
        ? { path: './module-tools.cjs', external: true }
        : undefined,
    );
  },
};

/** Its source. */
export const moduleTools = 'lib/modules/tools.ts';

/** What a master's returners are made of that run in a process of their own: `returner-child` alone has it. */
export const drivers = ['postgres'];

/** How the module that operators' own code is written with is made: an ES module, for it is imported by name. */
export const pluginsOf = (root, outfile) => ({
  entryPoints: [`${root}/lib/plugins.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'ascii',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});
