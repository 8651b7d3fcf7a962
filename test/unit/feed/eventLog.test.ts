import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createEventLog } from '../../../src/feed/eventLog.js';
import type { EventDraft, EventLog } from '../../../src/feed/eventLogTypes.js';
import { parseCursor } from '../../../src/protocol/cursor.js';

const point = { height: 7, hashHex: 'ab'.repeat(32) };

function draft(data: string | Buffer = '{}'): EventDraft {
  const dataJson = Buffer.from(data);
  return { type: 'block', point, stage: 'connect', part: 'block', txIndex: 0, assetIndex: 0, dataJson };
}

function logOf(
  limits: { maxEvents?: number; maxBytes?: number; onListenerError?: (error: unknown) => void } = {},
): EventLog {
  return createEventLog({
    epoch: 'e1',
    maxEvents: 1000,
    maxBytes: 1_000_000,
    chainId: () => '01234567',
    onListenerError: () => undefined,
    ...limits,
  });
}

const seqs = (log: EventLog, from: number, count = 1000): readonly number[] | undefined =>
  log.read(from, count)?.map(({ seq }) => seq);

test('an empty log has no oldest event', () => {
  const log = logOf();
  expect([log.headSeq, log.oldestSeq, log.bytes, seqs(log, 1), seqs(log, 0)]).toEqual([
    0,
    1,
    0,
    [],
    undefined,
  ]);
});

test('a message is the data in an envelope, with a cursor that names the event', () => {
  const log = logOf();
  log.append([draft(), draft('{"size":9999999998.12345678}')]);
  const [, event] = log.read(1, 10) ?? [];
  expect(event).toMatchObject({ seq: 2, topic: 'blocks', type: 'block', point });
  expect(event?.dataJson.toString()).toBe('{"size":9999999998.12345678}');
  expect(event?.message.toString()).toBe(
    `{"type":"block","topic":"blocks","cursor":"${event?.cursor ?? ''}","data":{"size":9999999998.12345678}}`,
  );
  expect(parseCursor(event?.cursor ?? '')).toMatchObject({ chainId: '01234567', epoch: 'e1', seq: 2, point });
});

test('appending nothing says nothing', () => {
  const log = logOf();
  const listener = vi.fn();
  log.onAppend(listener);
  log.append([]);
  expect(listener).not.toHaveBeenCalled();
});

test('an append that cannot be encoded leaves the log as it was', () => {
  let chainId = (): string => {
    throw new Error('not known yet');
  };
  const log = createEventLog({
    epoch: 'e1',
    maxEvents: 9,
    maxBytes: 999,
    chainId: () => chainId(),
    onListenerError: () => undefined,
  });
  expect(() => {
    log.append([draft()]);
  }).toThrow('not known yet');
  expect(log.headSeq).toBe(0);
  chainId = () => '01234567';
  log.append([draft()]);
  expect(seqs(log, 1)).toEqual([1]);
});

test('a listener is told of each append, until it is taken off', () => {
  const log = logOf();
  const told: number[][] = [];
  const off = log.onAppend((events) => told.push(events.map(({ seq }) => seq)));
  log.append([draft(), draft()]);
  log.append([draft()]);
  off();
  log.append([draft()]);
  expect(told).toEqual([[1, 2], [3]]);
});

test('a listener that throws harms nobody else', () => {
  const onListenerError = vi.fn();
  const log = logOf({ onListenerError });
  const other = vi.fn();
  log.onAppend(() => {
    throw new Error('mine');
  });
  log.onAppend(other);
  log.append([draft()]);
  expect(onListenerError).toHaveBeenCalledOnce();
  expect(other).toHaveBeenCalledOnce();
  expect(log.headSeq).toBe(1);
});

test('the oldest events leave first, and what has left is told from what is still to come', () => {
  const log = logOf({ maxEvents: 3 });
  for (let count = 0; count < 5; count += 1) log.append([draft()]);
  expect([log.oldestSeq, log.headSeq]).toEqual([3, 5]);
  expect([seqs(log, 2), seqs(log, 3), seqs(log, 4, 1), seqs(log, 6), seqs(log, 99)]).toEqual([
    undefined,
    [3, 4, 5],
    [4],
    [],
    [],
  ]);
});

test('one append is kept whole, however large it is', () => {
  const log = logOf({ maxEvents: 2, maxBytes: 100 });
  log.append([draft()]);
  log.append(Array.from({ length: 5 }, () => draft(`{"a":"${'x'.repeat(100)}"}`)));
  expect(seqs(log, 2)).toEqual([2, 3, 4, 5, 6]);
  log.append([draft()]);
  expect(log.oldestSeq).toBe(7);
});

test('it is the end of a plain list within both limits, whatever is appended', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(300), { maxLength: 4 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 3000 }),
      (appends, maxEvents, maxBytes) => {
        const log = logOf({ maxEvents, maxBytes });
        let total = 0;
        for (const sizes of appends) {
          log.append(sizes.map((size) => draft(`{"a":"${'x'.repeat(size)}"}`)));
          total += sizes.length;
          const kept = log.read(log.oldestSeq, 1000) ?? [];
          expect(log.headSeq).toBe(total);
          expect(kept.map(({ seq }) => seq)).toEqual(
            Array.from({ length: kept.length }, (_, index) => total - kept.length + index + 1),
          );
          expect(log.bytes).toBe(kept.reduce((sum, { message }) => sum + message.length, 0));
          if (kept.length > sizes.length && sizes.length > 0) {
            expect(kept.length).toBeLessThanOrEqual(maxEvents);
            expect(log.bytes).toBeLessThanOrEqual(maxBytes);
          }
        }
      },
    ),
  );
});

test('what has left the log is not kept in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = logOf({ maxEvents: 10_000, maxBytes: 4_000_000 });
  const large = Buffer.from(`{"a":"${'x'.repeat(1_000_000)}"}`);
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 200; count += 1) log.append([draft(large)]);
  collect();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
  expect(log.bytes).toBeLessThanOrEqual(4_000_000);
});

test('what an event is about counts as memory, and leaves with it', () => {
  const shown: number[] = [];
  const log = createEventLog({
    epoch: 'e1',
    maxEvents: 1,
    maxBytes: 1_000_000,
    chainId: () => '01234567',
    onDrafts: (drafts) => shown.push(drafts.length),
    onListenerError: () => undefined,
  });
  log.append([draft()]);
  const without = log.bytes;
  const transactions = [{ txid: 'aa', outputs: [], inputs: [] }];
  log.append([{ ...draft(), about: { kind: 'block', transactions } }]);
  expect(log.read(2, 1)?.[0]?.about).toEqual({ kind: 'block', transactions });
  expect(log.bytes).toBeGreaterThan(without);
  log.append([draft()]);
  expect(log.bytes).toBe(without);
  expect(shown).toEqual([1, 1, 1]);
});
