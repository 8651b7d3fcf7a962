import { describe, expect, it } from 'vitest';
import { stopInTime } from '../../../src/cli/stopInTime.js';

const NEVER = new Promise<void>(() => undefined);

describe('stopInTime', () => {
  it('waits for a clean stop', async () => {
    expect(await stopInTime(() => Promise.resolve(), { second: NEVER }, 10_000)).toBe('clean');
  });

  it('gives up at the second signal', async () => {
    expect(await stopInTime(() => NEVER, { second: Promise.resolve() }, 10_000)).toBe('forced');
  });

  it('gives up when the time is over', async () => {
    expect(await stopInTime(() => NEVER, { second: NEVER }, 1)).toBe('too_late');
  });

  it('rejects as the stop does', async () => {
    await expect(stopInTime(() => Promise.reject(new Error('x')), { second: NEVER }, 10_000)).rejects.toThrow(
      'x',
    );
  });
});
