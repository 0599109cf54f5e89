import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// The packages for Linux; npm run test:packages makes them first. They take root, Debian's archive, and more than a minute.
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/packages/**/*.test.ts'],
    exclude: configDefaults.exclude,
    hookTimeout: 300_000,
  },
});
