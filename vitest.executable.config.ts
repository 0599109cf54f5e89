import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// What is not about the command that is started: the library, the npm package, other versions of Node.js, and tests that give Node.js
// options from outside, which an executable does not take.
const OTHER = ['bombs', 'bundle', 'crash', 'garbage-collection', 'library', 'loads', 'nodes', 'packed', 'recrypt-kill'];

// The end-to-end tests, with the executable that EYAML_COMMAND names.
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/{e2e,transcripts}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...OTHER.map((name) => `test/e2e/${name}.test.ts`)],
  },
});
