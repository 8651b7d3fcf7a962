/**
 * Longest wait of a test for what should come soon, in milliseconds. No test measures time, so only one that fails waits so long;
 * it is below the time limit of a test (vitest.config.ts), so that the message says what did not come.
 */
export const PATIENCE_MS = 45_000;
