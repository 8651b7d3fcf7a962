import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defineStream, type StreamRpc } from '../../../src/extensions/defineStream.js';
import { THROWN } from '../../support/thrown.js';
import { createStreamRunner, MAX_ABANDONED_RUNS } from '../../../src/extensions/streamRunner.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A runner of a stream every second, with a deadline of 5 s. */
function setUp(fetch: (rpc: StreamRpc, previous: unknown) => unknown, deliver?: (data: unknown) => void) {
  const sent: unknown[] = [];
  const lines: { msg: string; kind?: string; stream?: string; level: number }[] = [];
  const logger = pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  const runner = createStreamRunner(
    defineStream<unknown>({ name: 'test', everyMs: 1000, fetch }),
    { deadlineMs: 5000 },
    {
      rpc: (signal) => ({
        signal,
        call: () => Promise.reject(new Error('no node')),
        gateway: () => ({ clients: 0, isFresh: true }),
        recentBlocks: () => Promise.resolve([]),
      }),
      deliver: deliver ?? ((data) => void sent.push(data)),
      logger,
    },
  );
  return { runner, sent, lines };
}

const advance = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

test('a stream is made at once, then at its interval, and is given what it gave before', async () => {
  const given: unknown[] = [];
  const { runner, sent } = setUp((_, previous) => {
    given.push(previous);
    return given.length;
  });
  runner.start();
  await advance(0);
  expect(sent).toEqual([1]);
  await advance(2000);
  expect(sent).toEqual([1, 2, 3]);
  expect(given).toEqual([undefined, 1, 2]);
  expect(runner.outcomes).toEqual({ ok: 3, error: 0, timeout: 0 });
});

test('a stream that nobody wants is not made, and begins anew without what it gave before', async () => {
  const given: unknown[] = [];
  const { runner } = setUp((_, previous) => {
    given.push(previous);
    return 'data';
  });
  await advance(5000);
  expect(given).toEqual([]);
  runner.start();
  await advance(1000);
  runner.stop();
  await advance(60_000);
  expect(given).toEqual([undefined, 'data']);
  runner.start();
  await advance(0);
  expect(given).toEqual([undefined, 'data', undefined]);
});

test('whoever comes and goes all the time does not make a stream run more often', async () => {
  let runs = 0;
  const { runner } = setUp(() => {
    runs += 1;
    return runs;
  });
  for (let times = 0; times < 45; times += 1) {
    runner.start();
    await advance(40);
    runner.stop();
  }
  expect(runs).toBe(2);
});

test('what is given as undefined sends nothing, and the data before it stay', async () => {
  const given: unknown[] = [];
  const { runner, sent } = setUp((_, previous) => {
    given.push(previous);
    return given.length === 1 ? 'first' : undefined;
  });
  runner.start();
  await advance(2000);
  expect(sent).toEqual(['first']);
  expect(given).toEqual([undefined, 'first', 'first']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
  [
    'throws what is no error',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'broken';
    },
  ],
])('a stream that %s is logged once a minute, its end once, and tried again', async (_, fail) => {
  let isBroken = true;
  const { runner, sent, lines } = setUp(() => (isBroken ? fail() : 'well'));
  runner.start();
  await advance(59_000);
  expect(runner.outcomes).toEqual({ ok: 0, error: 60, timeout: 0 });
  expect(lines).toMatchObject([{ kind: 'error', stream: 'test', msg: 'a stream failed', level: 40 }]);
  await advance(1000);
  expect(lines).toHaveLength(2);
  isBroken = false;
  await advance(2000);
  expect(sent).toEqual(['well', 'well']);
  expect(lines.slice(2)).toMatchObject([{ stream: 'test', msg: 'a stream works again' }]);
});

test('what cannot be sent is the failure of the stream, and of nothing else', async () => {
  const { runner } = setUp(
    () => 'data',
    () => {
      throw new Error('too long');
    },
  );
  runner.start();
  await advance(1000);
  expect(runner.outcomes).toEqual({ ok: 0, error: 2, timeout: 0 });
});

test('a fetch past its deadline is told so, counted, and left; what it gives later is not looked at', async () => {
  const signals: AbortSignal[] = [];
  const ends: ((data: unknown) => void)[] = [];
  const { runner, sent, lines } = setUp(({ signal }) => {
    signals.push(signal);
    return signals.length === 1 ? new Promise((resolve) => ends.push(resolve)) : 'well';
  });
  runner.start();
  await advance(4999);
  expect(signals).toHaveLength(1);
  expect(signals[0]?.aborted).toBe(false);
  await advance(1);
  expect(signals[0]?.aborted).toBe(true);
  expect(runner.outcomes.timeout).toBe(1);
  expect(runner.abandoned).toBe(1);
  expect(lines).toMatchObject([{ kind: 'timeout', stream: 'test' }]);
  await advance(1100);
  expect(sent).toEqual(['well', 'well']);
  ends[0]?.('late');
  await advance(0);
  expect(sent).toEqual(['well', 'well']);
  expect(runner.abandoned).toBe(0);
});

test('runs do not overlap, and a stream that always hangs is not run without end', async () => {
  const ends: ((data: unknown) => void)[] = [];
  const { runner } = setUp(() => new Promise((resolve) => ends.push(resolve)));
  runner.start();
  await advance(4000);
  expect(ends).toHaveLength(1);
  await advance(600_000);
  expect(ends).toHaveLength(MAX_ABANDONED_RUNS);
  expect(runner.abandoned).toBe(MAX_ABANDONED_RUNS);
  // One of them ends after all.
  ends[0]?.('late');
  await advance(0);
  expect(ends).toHaveLength(MAX_ABANDONED_RUNS + 1);
});

test('a run that nobody waits for any more is told so, and sends nothing to those who come later', async () => {
  const ends: ((data: unknown) => void)[] = [];
  const signals: AbortSignal[] = [];
  const { runner, sent } = setUp(({ signal }) => {
    signals.push(signal);
    return new Promise((resolve) => ends.push(resolve));
  });
  runner.start();
  await advance(0);
  runner.stop();
  expect(signals[0]?.aborted).toBe(true);
  runner.start();
  ends[0]?.('of before');
  await advance(1000);
  expect(sent).toEqual([]);
  ends[1]?.('of now');
  await advance(0);
  expect(sent).toEqual(['of now']);
  expect(runner.outcomes).toEqual({ ok: 1, error: 0, timeout: 0 });
});

test.each(THROWN)('a stream that throws %s has failed, and is made again', async (_, thrown) => {
  let runs = 0;
  const { runner, sent, lines } = setUp(() => {
    runs += 1;
    if (runs === 1) throw thrown;
    return runs;
  });
  runner.start();
  await advance(0);
  expect(runner.outcomes).toEqual({ ok: 0, error: 1, timeout: 0 });
  expect(lines).toMatchObject([{ msg: 'a stream failed', kind: 'error' }]);
  await advance(1000);
  expect(sent).toEqual([2]);
});

test.each(THROWN)('a stream whose message throws %s has failed, and is made again', async (_, thrown) => {
  let runs = 0;
  const { runner } = setUp(
    () => 'data',
    () => {
      runs += 1;
      if (runs === 1) throw thrown;
    },
  );
  runner.start();
  await advance(1000);
  expect(runner.outcomes).toEqual({ ok: 1, error: 1, timeout: 0 });
});
