import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // One flake is a bug: no retries.
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // One process a test file, so that a handle left open is that file's; noLeaks.ts fails the file for it.
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    setupFiles: ['test/support/noLeaks.ts'],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
