// What is bundled in another way than esbuild would: libraries that are loaded when they are first used, and what must not be in the bundle.
import { readFile } from 'node:fs/promises';

/** The heavy libraries: a file, and the packages in it. asn1-schema must be there once: the others register their types with it. */
export const LIBRARIES = {
  openpgp: ['openpgp'],
  yaml: ['yaml'],
  'fast-glob': ['fast-glob'],
  prompts: ['@inquirer/prompts'],
  terminal: ['ejs', 'string-width', 'widest-line', 'wrap-ansi', 'cli-spinners', 'ansi-escapes'],
  asn1: ['@peculiar/asn1-schema', '@peculiar/asn1-x509', '@peculiar/asn1-cms'],
};
// Parts of Node.js that take time to load and that not every command uses.
const SELDOM_USED =
  /^(?:node:)?(?:child_process|crypto|fs\/promises|perf_hooks|readline|timers\/promises|worker_threads|zlib)$/;
// Loaded by oclif, and used only for what this program does not do: to search for commands, plugins and settings of others, to name
// Windows' own Linux, and to log what options were given, secrets included.
const NOT_NEEDED = /^(?:tinyglobby|minimatch|lilconfig|wsl-utils|debug|get-package-type)$/;

/** Instead of a library a module whose exports load it when they are first used. */
const librariesApart = {
  name: 'libraries-apart',
  setup(bundle) {
    for (const [name, packages] of Object.entries(LIBRARIES)) {
      const filter = new RegExp(`^(?:${packages.join('|')})$`);
      lazily(bundle, filter, name, (library) => [
        `./lib/${name}.cjs`,
        packages.length === 1 ? '' : `[${JSON.stringify(library)}]`,
      ]);
    }
    lazily(bundle, SELDOM_USED, 'node', (builtin) => [builtin, '']);
  },
};

function lazily({ onResolve, onLoad }, filter, namespace, placeOf) {
  onResolve({ filter }, ({ path: name, namespace: from }) =>
    from === namespace ? { path: name, external: true } : { path: name, namespace },
  );
  onLoad({ filter: /./, namespace }, async ({ path: name }) => {
    const [file, part] = placeOf(name);
    // Of a CommonJS module Node.js knows only some of the names.
    const found = await import(name);
    const all = new Set([...Object.keys(found), ...Object.keys(found.default ?? {})]);
    const names = [...all].filter((key) => !/^(?:default|__esModule|module\.exports|webcrypto)$/.test(key));
    return {
      contents: `
        const load = () => require('${file}')${part};
        module.exports = (...values) => load()(...values);
        for (const name of ${JSON.stringify(names)})
          Object.defineProperty(module.exports, name, { enumerable: true, get: () => load()[name] });
      `,
    };
  });
  onResolve({ filter: /^\.\/lib\//, namespace }, ({ path: file }) => ({ path: file, external: true }));
}

const notNeeded = {
  name: 'not-needed',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: NOT_NEEDED }, ({ path: name }) => ({ path: name, namespace: 'not-needed' }));
    onLoad({ filter: /./, namespace: 'not-needed' }, () => ({
      contents: 'module.exports = () => () => undefined;',
    }));
  },
};

/** Plugins of users are ES modules outside; only Node itself can load them. */
const pluginsOfUsers = {
  name: 'plugins-of-users',
  setup({ onResolve, onLoad }) {
    const namespace = 'plugins-of-users';
    onResolve({ filter: /\/import-module\.js$/ }, () => ({ path: 'import-module', namespace }));
    onResolve({ filter: /./, namespace }, ({ path: file }) => ({ path: file, external: true }));
    onLoad({ filter: /./, namespace }, () => ({
      contents: "exports.importModule = (url) => require('./import-module.cjs').importModule(url);",
    }));
  },
};

/** The second thread is a text in the bundle: in an executable there is no file that it could be. */
const workerInside = {
  name: 'worker-inside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/rsa-worker-file\.js$/ }, ({ path: file }) => ({ path: file, namespace: 'worker' }));
    onLoad({ filter: /./, namespace: 'worker' }, async () => {
      const code = await readFile('dist/src/keys/keyfiles/rsa-worker.js', 'utf8');
      const url = `data:text/javascript,${encodeURIComponent(code.replace(/^\/\/.*\n?/gm, ''))}`;
      return { contents: `export const RSA_WORKER = new URL(${JSON.stringify(url)});` };
    });
  },
};

export const PLUGINS = [librariesApart, notNeeded, pluginsOfUsers, workerInside];
