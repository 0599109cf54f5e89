import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// What is not about the command that is started: the library, the npm package, other versions of Node.js, and tests that give Node.js
// options from outside, which an executable does not take.
const OTHER = ['test/e2e/{bombs,bundle,crash,garbage-collection,library,loads,nodes,packed,recrypt-kill}.test.ts'];

export default mergeConfig(
  base,
  defineConfig({
    test: { include: ['test/{e2e,transcripts}/**/*.test.ts'], exclude: [...configDefaults.exclude, ...OTHER] },
  }),
);
