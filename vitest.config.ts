import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The examples import the package by its name: in tests that is the sources.
  resolve: {
    alias: [{ find: /^evrmore-gateway$/, replacement: new URL('src/index.ts', import.meta.url).pathname }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // One flake is a bug: no retries.
    retry: 0,
    // Far more than any test takes: a machine may do other things too, or be slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 45_000, interval: 10 } },
    // One process a test file, so that a handle left open is that file's; noLeaks.ts fails the file for it.
    pool: 'forks',
    isolate: true,
    maxWorkers: 2,
    setupFiles: ['test/support/noLeaks.ts'],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
});
