import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    disableConsoleIntercept: true,
    // A guard against hanging, far above what any test takes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
