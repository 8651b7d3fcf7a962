import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createRateTable,
  type RateTable,
  type RateVerdict,
} from '../../../../src/server/limits/rateTable.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const OK: RateVerdict = { type: 'ok' };

function table(options: { messages?: number; cost?: number; maxAddresses?: number } = {}): RateTable {
  return createRateTable(
    {
      messages: options.messages,
      cost: options.cost,
      windowMs: 10_000,
      maxAddresses: options.maxAddresses ?? 100,
    },
    () => Date.now(),
  );
}

describe('a table of rates', () => {
  it('takes as many messages of an address as a window has, and says when it ends', async () => {
    const rates = table({ messages: 2 });
    expect(await rates.take('a', 1, 1)).toEqual(OK);
    vi.advanceTimersByTime(4000);
    expect(await rates.take('a', 1, 1)).toEqual(OK);
    expect(await rates.take('a', 1, 1)).toEqual({ type: 'too_fast', unit: 'messages', retryAfterMs: 6000 });
    expect(await rates.take('b', 1, 1)).toEqual(OK);
    vi.advanceTimersByTime(6000);
    expect(await rates.take('a', 1, 1)).toEqual(OK);
  });

  it('counts cost beside messages, also what an answer turned out to cost', async () => {
    const rates = table({ messages: 100, cost: 30 });
    expect(await rates.take('a', 1, 20)).toEqual(OK);
    rates.add('a', 9);
    expect(await rates.take('a', 1, 1)).toEqual(OK);
    expect(await rates.take('a', 1, 1)).toEqual({ type: 'too_fast', unit: 'cost', retryAfterMs: 10_000 });
  });

  it('takes what costs more than a window has at the beginning of one, and nothing after it', async () => {
    const rates = table({ cost: 5 });
    expect(await rates.take('a', 1, 400)).toEqual(OK);
    expect(await rates.take('a', 1, 1)).toMatchObject({ type: 'too_fast', unit: 'cost' });
  });

  it('does not move the end of a window, however often somebody tries', async () => {
    const rates = table({ messages: 1 });
    await rates.take('a', 1, 1);
    for (let tries = 0; tries < 20; tries += 1) {
      vi.advanceTimersByTime(400);
      expect((await rates.take('a', 1, 1)).type).toBe('too_fast');
    }
    vi.advanceTimersByTime(2000);
    expect(await rates.take('a', 1, 1)).toEqual(OK);
  });

  it('takes the messages that come at once in their order', async () => {
    const rates = table({ messages: 3, cost: 100 });
    const order: string[] = [];
    await Promise.all(
      ['1', '2', '3', '4'].map(async (name) => {
        order.push(`${name} ${(await rates.take('a', 1, 1)).type}`);
      }),
    );
    expect(order).toEqual(['1 ok', '2 ok', '3 ok', '4 too_fast']);
  });

  it('remembers no more addresses than it may: the one whose window began first is forgotten', async () => {
    const rates = table({ messages: 1, maxAddresses: 3 });
    for (const address of ['a', 'b', 'c']) await rates.take(address, 1, 1);
    expect([rates.addresses, rates.forgotten]).toEqual([3, 0]);
    await rates.take('d', 1, 1);
    expect([rates.addresses, rates.forgotten]).toEqual([3, 1]);
    expect((await rates.take('b', 1, 1)).type).toBe('too_fast');
    expect(await rates.take('a', 1, 1)).toEqual(OK);
  });

  it('forgets addresses whose windows have ended, as others come', async () => {
    const rates = table({ messages: 1 });
    for (let n = 0; n < 50; n += 1) await rates.take(`a${n}`, 1, 1);
    vi.advanceTimersByTime(10_000);
    await rates.take('b', 1, 1);
    expect([rates.addresses, rates.forgotten]).toEqual([1, 0]);
  });
});
