import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/packages/**'],
    disableConsoleIntercept: true,
    // Much of the time goes into the programs that the tests start; vitest alone would leave a core of two idle.
    maxWorkers: 2,
    // A guard against hanging, far above what any test takes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
