import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_TOPICS, type EventType } from '../../../../src/protocol/events.js';
import type { SlowPolicy } from '../../../../src/protocol/slowPolicies.js';
import { parseCursor } from '../../../../src/protocol/cursor.js';
import { summariseHeld, type Skip } from '../../../../src/server/hub/skipped.js';
import { ALL_TOPICS, maskOf } from '../../../../src/server/hub/topicMask.js';
import { createForm, createView } from '../../../../src/server/hub/view.js';
import { createTestHub, type TestClient } from '../../../support/hubClient.js';
import { createFakeConnection, type FakeConnection } from '../../../support/fakeConnection.js';
import { createTestLog, draft } from '../../../support/serverHarness.js';

/** A "frame" is the number of the event and a line feed. */
const view = createView(createForm('numbers', ({ seq }) => [Buffer.from(`${seq}\n`.padStart(100))]));

function setUp(maxEvents = 100_000) {
  const log = createTestLog({ maxEvents });
  let turns: (() => void)[] = [];
  const hub = createTestHub(
    { maxBufferedBytes: 250, coalesceMs: 0 },
    { log, schedule: (turn) => void turns.push(turn) },
  );
  const settle = async (): Promise<void> => {
    for (let idle = 0; idle < 2; idle += 1) {
      for (; turns.length > 0; idle = 0) {
        const due = turns;
        turns = [];
        for (const turn of due) turn();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const enter = (connection: FakeConnection) => {
    const skips: Skip[] = [];
    let tooSlow = 0;
    const client: TestClient = hub.join(connection, view, {
      onLost: () => {
        throw new Error('lost');
      },
      onSkipped(skip) {
        skips.push(skip);
        connection.written.push(`skipped ${skip.topic} ${skip.count}`);
      },
      onTooSlow() {
        tooSlow += 1;
        client.leave();
      },
    });
    return { client, skips, tooSlow: () => tooSlow };
  };
  const append = async (...types: readonly EventType[]): Promise<void> => {
    for (const type of types) {
      log.append([draft(type, log.headSeq + 1)]);
      await settle();
    }
  };
  return { log, hub, enter, append, settle };
}

const linesOf = ({ written }: FakeConnection): readonly string[] =>
  written.flatMap((text) => text.split('\n')).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));

describe('a slow client', () => {
  it('is sent the newest of each type of a topic that wants it, and then told what was left out', async () => {
    const { hub, enter, append, settle, log } = setUp();
    const slow = createFakeConnection(1, false);
    const { client, skips } = enter(slow);
    client.setPolicy(['blocks', 'mempool'], 'latest');
    client.subscribe(['blocks', 'mempool']);
    await append('block', 'mempool', 'mempool', 'block', 'reorg', 'mempool', 'block', 'asset', 'mempool');
    expect(linesOf(slow)).toEqual(['1', '2', '3']);
    expect(hub.stats().behind).toBe(1);
    slow.isOpen = true;
    slow.take(1e9);
    await settle();
    expect(linesOf(slow).slice(3)).toEqual(['5', '7', '9', 'skipped blocks 1', 'skipped mempool 1']);
    const [blocks] = skips;
    expect(blocks).toMatchObject({ policy: 'latest', count: 1, isWhole: true });
    expect(parseCursor(blocks?.fromCursor ?? '')?.seq).toBe(3);
    expect(blocks?.toCursor).toBe(log.read(9, 1)?.[0]?.cursor);
    await append('mempool');
    expect(linesOf(slow).at(-1)).toBe('10');
    expect(hub.stats()).toMatchObject({ behind: 0, skippedEvents: { latest: 2, drop: 0 } });
  });

  it('is told what was left out of a topic that drops, and has its other topics whole', async () => {
    const { hub, enter, append, settle } = setUp();
    const slow = createFakeConnection(1, false);
    const { client } = enter(slow);
    client.setPolicy(['mempool'], 'drop');
    client.subscribe(['blocks', 'mempool']);
    await append('block', 'mempool', 'block', 'mempool', 'mempool', 'block');
    slow.isOpen = true;
    slow.take(1e9);
    await settle();
    await append('mempool', 'block');
    expect(linesOf(slow)).toEqual(['1', '2', '3', 'skipped mempool 2', '6', '7', '8']);
    expect(hub.stats()).toMatchObject({ behind: 0, cohorts: 1, skippedEvents: { latest: 0, drop: 2 } });
  });

  it('is told nothing when nothing of its topics happened meanwhile', async () => {
    const { enter, append, settle } = setUp();
    const slow = createFakeConnection(1, false);
    const { client, skips } = enter(slow);
    client.setPolicy(['mempool'], 'drop');
    client.subscribe(['mempool']);
    await append('mempool', 'mempool', 'mempool', 'block', 'block');
    slow.isOpen = true;
    slow.take(1e9);
    await settle();
    await append('mempool');
    expect(linesOf(slow)).toEqual(['1', '2', '3', '6']);
    expect(skips).toEqual([]);
  });

  it('is closed where a topic wants that, once, with the place of the last event', async () => {
    const { log, enter, append } = setUp();
    const slow = createFakeConnection(1, false);
    const { client, tooSlow } = enter(slow);
    client.setPolicy(['blocks'], 'close');
    client.subscribe(['blocks', 'mempool']);
    await append('block', 'block');
    expect(tooSlow()).toBe(0);
    await append('block');
    expect(tooSlow()).toBe(1);
    expect(client.resumeCursor()).toBe(log.read(3, 1)?.[0]?.cursor);
    await append('block', 'mempool');
    expect(linesOf(slow)).toEqual(['1', '2', '3']);
  });

  it('is not slow because one turn brings more than the limit', async () => {
    const { log, hub, enter, settle } = setUp();
    const connection = createFakeConnection(1, false);
    const { client, tooSlow } = enter(connection);
    client.setPolicy(['blocks'], 'close');
    client.setPolicy(['mempool'], 'drop');
    client.subscribe(['blocks', 'mempool']);
    log.append(Array.from({ length: 20 }, (_, n) => draft(n % 2 === 0 ? 'block' : 'mempool', n)));
    await settle();
    expect(linesOf(connection)).toHaveLength(20);
    expect(tooSlow()).toBe(0);
    expect(hub.stats().behind).toBe(0);
  });

  it('is told that more may be missing when the log has forgotten some of it', () => {
    const log = createTestLog({ maxEvents: 4 });
    for (let n = 1; n <= 10; n += 1) log.append([draft(n % 2 === 0 ? 'block' : 'mempool', n)]);
    const to = { seq: 10, cursor: log.read(10, 1)?.[0]?.cursor };
    const part = { position: { seq: 2, cursor: 'c2' }, mask: maskOf(['mempool', 'finality']) };
    const told = summariseHeld(part, to, view, { latest: 0, drop: ALL_TOPICS, close: 0 }, log);
    expect(told.skips).toMatchObject([
      { topic: 'mempool', count: 2, isWhole: false, fromCursor: 'c2' },
      { topic: 'finality', count: 0, isWhole: false },
    ]);
    expect(told.eventCount).toBe(4);
  });
});

describe('slow clients with any policies', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        type: fc.constantFrom('block' as const, 'asset' as const, 'mempool' as const, 'reorg' as const),
        count: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), bytes: fc.nat(1000) }) },
  );
  const policy = fc.constantFrom<SlowPolicy>('catch_up', 'latest', 'drop');

  it('are sent every event or told how many were left out and where, and always have the newest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.record({ blocks: policy, assets: policy, mempool: policy }),
        async (steps, policies) => {
          const { log, hub, enter, append, settle } = setUp();
          const connection = createFakeConnection(1, false);
          const { client, skips } = enter(connection);
          const topics = ['blocks', 'assets', 'mempool'] as const;
          for (const topic of topics) client.setPolicy([topic], policies[topic]);
          client.subscribe(topics);
          for (const one of steps) {
            if (one.do === 'append') await append(...Array.from({ length: one.count }, () => one.type));
            else {
              connection.take(one.bytes);
              await settle();
            }
          }
          connection.isOpen = true;
          connection.take(1e9);
          await settle();
          expect(hub.stats().behind).toBe(0);
          const got = linesOf(connection).flatMap((line) => (/^\d+$/.test(line) ? [Number(line)] : []));
          const events = log.read(1, 1e6) ?? [];
          for (const topic of topics) {
            const mine = events.filter((event) => event.topic === topic);
            const sent = got.filter((seq) => events[seq - 1]?.topic === topic);
            expect(sent).toEqual([...new Set(sent)].sort((a, b) => a - b));
            const missing = mine.filter(({ seq }) => !sent.includes(seq));
            if (policies[topic] === 'catch_up') expect(missing).toEqual([]);
            const told = skips.filter((skip) => skip.topic === topic);
            for (const { seq } of missing) {
              const around = told.filter(
                (skip) =>
                  (parseCursor(skip.fromCursor ?? '')?.seq ?? 0) < seq &&
                  seq <= (parseCursor(skip.toCursor)?.seq ?? 0),
              );
              expect(around).toHaveLength(1);
            }
            expect(told.reduce((sum, skip) => sum + skip.count, 0)).toBe(missing.length);
            if (policies[topic] !== 'latest') continue;
            for (const type of Object.keys(EVENT_TOPICS) as EventType[]) {
              const newest = mine.filter((event) => event.type === type).at(-1);
              if (newest !== undefined) expect(sent).toContain(newest.seq);
            }
          }
          hub.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});
