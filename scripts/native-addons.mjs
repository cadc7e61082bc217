import { createRequire } from 'node:module';

// esbuild can't take native addons along: they lie beside the bundle, and these stand-ins load them from there.

/** Whom the bundle finds beside itself. */
export const addonFiles = { zeromq: 'zeromq.node', lmdb: 'lmdb.node' };

const dlopen = (file) => `
const addon = { exports: {} };
process.dlopen(addon, require('node:path').join(__dirname, ${JSON.stringify(file)}));
`;

/** An esbuild plugin; the output has to be CommonJS, for `__dirname`. */
export const nativeAddons = {
  name: 'native-addons',
  setup(build) {
    const stand = (filter, name, contents, importers) => {
      build.onResolve({ filter }, ({ importer }) =>
        !importers || importers.test(importer) ? { path: name, namespace: 'native-addons' } : undefined,
      );
      build.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'native-addons' }, () => ({ contents, loader: 'js' }));
    };
    // Its own loader looks for a manifest by path. `__esModule`: the importer asks for the default export.
    stand(
      /load-addon(\.js)?$/,
      'zeromq',
      `${dlopen(addonFiles.zeromq)}exports.__esModule = true; exports.default = addon.exports;`,
      /node_modules\/zeromq\//,
    );
    stand(
      /^node-gyp-build-optional-packages$/,
      'lmdb',
      `module.exports = () => { ${dlopen(addonFiles.lmdb)} return addon.exports; };`,
      /node_modules\/lmdb\//,
    );
    // Its ES modules, bundled, go round for ever in a range of keys; what its author bundled does not.
    build.onResolve({ filter: /^lmdb$/ }, () => ({ path: createRequire(import.meta.url).resolve('lmdb') }));
    // msgpackr does without.
    stand(/^msgpackr-extract$/, 'msgpackr-extract', 'module.exports = undefined;');
  },
};
