import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { EventLog, LogEvent } from '../../../../src/feed/eventLogTypes.js';
import { EVENT_TOPICS, type EventType } from '../../../../src/protocol/events.js';
import { TOPICS, type Topic } from '../../../../src/protocol/topics.js';
import { maskOf } from '../../../../src/server/hub/topicMask.js';
import { createForm, createView, type Filter } from '../../../../src/server/hub/view.js';
import {
  createTestHub,
  type ClientListener,
  type TestClient,
  type TestHub,
} from '../../../support/hubClient.js';
import { createFakeConnection, type FakeConnection } from '../../../support/fakeConnection.js';
import { createTestLog, draft } from '../../../support/serverHarness.js';

/** A "frame" is the message and a line feed: what was written can be read back. */
const frame = ({ message }: LogEvent): readonly Buffer[] => [message, Buffer.from('\n')];
const view = createView(createForm('lines', frame));

interface Seen {
  readonly type: EventType;
  readonly topic: Topic;
  readonly cursor: string;
  readonly data: { readonly n: number };
}

function seenBy(connection: FakeConnection): readonly Seen[] {
  return connection.written
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Seen);
}

const numbersOf = (connection: FakeConnection): readonly number[] =>
  seenBy(connection).map((event) => event.data.n);

function immediates(turns: number): Promise<void> {
  return new Promise((resolve) => {
    const turn = (left: number): void => {
      if (left === 0) resolve();
      else
        setImmediate(() => {
          turn(left - 1);
        });
    };
    turn(turns);
  });
}

function setUp(maxBufferedBytes = 1000, log: EventLog = createTestLog()) {
  const hub = createTestHub({ maxBufferedBytes, coalesceMs: 0 }, { log });
  const enter = (
    connection: FakeConnection,
    onLost: (topics: readonly Topic[], cursor: string | undefined) => void = () => undefined,
  ): TestClient => hub.join(connection, view, { ...noLoss, onLost });
  return { log, hub, enter };
}

const unexpected = (): never => {
  throw new Error('unexpected');
};
const noLoss: ClientListener = { onLost: unexpected, onSkipped: unexpected, onTooSlow: unexpected };

describe('the hub', () => {
  it('joins the frames of a turn once per cohort and gives each socket that same buffer', async () => {
    const { log, hub, enter } = setUp();
    const buffers: Buffer[] = [];
    for (let id = 0; id < 50; id += 1) {
      const connection = createFakeConnection(id);
      connection.writeFrames = (frames) => void buffers.push(frames);
      enter(connection).subscribe(id % 2 === 0 ? ['blocks'] : ['blocks', 'assets']);
    }
    log.append([draft('block', 1), draft('asset', 2)]);
    log.append([draft('block', 3)]);
    await immediates(2);
    expect(buffers).toHaveLength(50);
    expect(new Set(buffers).size).toBe(2);
    expect(hub.stats()).toMatchObject({
      ticks: 1,
      cohortJoins: 2,
      writes: 50,
      cohorts: 2,
      clients: 50,
      behind: 0,
    });
    expect(hub.stats().subscriptionsByTopic).toMatchObject({ blocks: 50, assets: 25, mempool: 0 });
  });

  it('frames an event once, whatever the number of cohorts and of slow clients', async () => {
    const log = createTestLog();
    let framed = 0;
    const hub = createTestHub({ maxBufferedBytes: 1, coalesceMs: 0 }, { log });
    const form = createForm('counted', (event) => {
      framed += 1;
      return frame(event);
    });
    for (const topics of [['blocks'], ['blocks', 'assets'], ['blocks', 'mempool']] as const) {
      hub.join(createFakeConnection(1), createView(form), noLoss).subscribe(topics);
      const slow = createFakeConnection(2, false);
      hub.join(slow, createView(form), noLoss).subscribe(topics);
      slow.send('x'.repeat(10));
    }
    for (let n = 1; n <= 10; n += 1) {
      log.append([draft('block', n)]);
      await immediates(2);
    }
    expect(framed).toBe(10);
  });

  it('starts a subscription at the head, whether or not older events still wait for their turn', async () => {
    const { log, enter } = setUp();
    const early = createFakeConnection(1);
    enter(early).subscribe(['blocks']);
    log.append([draft('block', 1)]);
    const late = createFakeConnection(2);
    enter(late).subscribe(['blocks']);
    log.append([draft('block', 2)]);
    await immediates(4);
    expect(numbersOf(early)).toEqual([1, 2]);
    expect(numbersOf(late)).toEqual([2]);
  });

  it('writes no event of a topic after its end, not even one that waits for its turn', async () => {
    const { log, enter } = setUp();
    const connection = createFakeConnection();
    const client = enter(connection);
    client.subscribe(TOPICS);
    log.append([draft('block', 1), draft('mempool', 2)]);
    expect(client.unsubscribe(['mempool'])).toBe(true);
    expect(client.unsubscribe(['mempool'])).toBe(false);
    await immediates(4);
    expect(numbersOf(connection)).toEqual([1]);
  });

  it('lets a client that takes nothing fall behind, and others get everything meanwhile', async () => {
    const { log, hub, enter } = setUp(1000);
    const [slow, fast] = [createFakeConnection(1, false), createFakeConnection(2)];
    enter(slow).subscribe(['blocks']);
    enter(fast).subscribe(['blocks']);
    for (let n = 1; n <= 200; n += 1) {
      log.append([draft('block', n, 100)]);
      await immediates(2);
    }
    expect(numbersOf(fast)).toHaveLength(200);
    expect(hub.stats().behind).toBe(1);
    // The limit, and one turn's events on top of it.
    expect(slow.unsentBytes()).toBeLessThan(2000);

    slow.isOpen = true;
    slow.take(1e9);
    await immediates(200);
    expect(numbersOf(slow)).toEqual(numbersOf(fast));
    expect(hub.stats().behind).toBe(0);
    log.append([draft('block', 201)]);
    await immediates(4);
    expect(numbersOf(slow).at(-1)).toBe(201);
    expect(hub.stats().cohorts).toBe(1);
  });

  it('ends subscriptions whose place has left the memory, with the cursor of the last event that was written', async () => {
    const { log, hub, enter } = setUp(500, createTestLog({ maxEvents: 20 }));
    const slow = createFakeConnection(1, false);
    const lost: (string | undefined)[] = [];
    enter(slow, (_, cursor) => lost.push(cursor)).subscribe(['blocks']);
    for (let n = 1; n <= 100; n += 1) {
      log.append([draft('block', n, 100)]);
      await immediates(2);
    }
    slow.take(1e9);
    await immediates(4);
    expect(lost).toEqual([seenBy(slow).at(-1)?.cursor]);
    expect(hub.stats()).toMatchObject({ behind: 0, subscriptionsByTopic: { blocks: 0 } });
  });

  it('gives up live clients too when more comes at once than the log keeps', async () => {
    const { log, enter } = setUp(1000, createTestLog({ maxEvents: 5 }));
    const connection = createFakeConnection();
    const lost: (string | undefined)[] = [];
    enter(connection, (_, cursor) => lost.push(cursor)).subscribe(['blocks']);
    log.append([draft('block', 1)]);
    await immediates(4);
    for (let n = 2; n <= 20; n += 1) log.append([draft('block', n)]);
    await immediates(4);
    expect(numbersOf(connection)).toEqual([1]);
    expect(lost).toEqual([seenBy(connection)[0]?.cursor]);
  });

  it('flushes what waits when it is told to, and writes nothing after its end', async () => {
    const { log, hub, enter } = setUp();
    const connection = createFakeConnection();
    enter(connection).subscribe(['blocks']);
    log.append([draft('block', 1)]);
    hub.flush();
    expect(numbersOf(connection)).toEqual([1]);
    hub.close();
    log.append([draft('block', 2)]);
    await immediates(4);
    expect(numbersOf(connection)).toEqual([1]);
  });

  it('changes the view of a client from the next event on, live or behind', async () => {
    const { log, hub } = setUp(10);
    const evens: Filter = {
      key: 'evens',
      mask: maskOf(['blocks']),
      accepts: (event) => event.seq % 2 === 0,
    };
    const [live, slow] = [createFakeConnection(1), createFakeConnection(2, false)];
    const clients = [live, slow].map((connection) => hub.join(connection, view, noLoss));
    for (const client of clients) client.subscribe(['blocks', 'assets']);
    const append = async (...ns: readonly number[]): Promise<void> => {
      for (const n of ns) {
        log.append([draft(n === 7 ? 'asset' : 'block', n)]);
        await immediates(2);
      }
    };
    await append(1, 2);
    log.append([draft('block', 3)]);
    for (const client of clients) client.setView(createView(view, evens));
    await append(4, 5, 6, 7);
    expect(numbersOf(live)).toEqual([1, 2, 3, 4, 6, 7]);
    expect(numbersOf(slow)).toEqual([1]);
    slow.isOpen = true;
    slow.take(1e9);
    await immediates(20);
    expect(numbersOf(slow)).toEqual([1, 2, 4, 6, 7]);
    for (const client of clients) client.setView(view);
    await append(8, 9);
    for (const connection of [live, slow]) expect(numbersOf(connection).slice(-2)).toEqual([8, 9]);
  });

  it('gives other clients their turn while some look through thousands of events that they do not want', () => {
    const log = createTestLog();
    const turns: (() => void)[] = [];
    const looks = new Map<number, number>();
    log.append(Array.from({ length: 9000 }, (_, n) => draft('mempool', n + 1)));
    const hub = createTestHub(
      { maxBufferedBytes: 1000, coalesceMs: 0 },
      { log, schedule: (turn) => void turns.push(turn) },
    );
    for (let id = 0; id < 40; id += 1) {
      const accepts = (): boolean => {
        looks.set(id, (looks.get(id) ?? 0) + 1);
        return false;
      };
      const filter: Filter = { key: `nothing ${id}`, mask: maskOf(['mempool']), accepts };
      const client = hub.join(createFakeConnection(id), createView(view, filter), noLoss);
      client.subscribeAfter(['mempool'], { seq: 0, cursor: undefined }, () => undefined);
    }
    turns.shift()?.();
    // A part of the clients in each turn.
    expect(looks.size).toBeGreaterThan(0);
    expect(looks.size).toBeLessThan(20);
    while (turns.length > 0) turns.shift()?.();
    expect([...looks.values()]).toEqual(Array.from({ length: 40 }, () => 9000));
    expect(hub.stats().behind).toBe(0);
    hub.close();
  });

  it('writes a new event to live clients before all of the many who come back at once have had what they missed', () => {
    const log = createTestLog();
    const turns: (() => void)[] = [];
    const hub = createTestHub(
      { maxBufferedBytes: 1000, coalesceMs: 0 },
      { log, schedule: (turn) => void turns.push(turn) },
    );
    log.append([draft('block', 1)]);
    turns.shift()?.();
    const live = createFakeConnection(0);
    hub.join(live, view, noLoss).subscribe(['blocks']);
    const back = Array.from({ length: 500 }, (_, id) => createFakeConnection(id + 1));
    for (const connection of back) {
      const client = hub.join(connection, view, noLoss);
      client.subscribeAfter(['blocks'], { seq: 0, cursor: undefined }, () => undefined);
    }
    const served = (): number => back.filter((connection) => numbersOf(connection).length > 0).length;
    turns.shift()?.();
    expect(served()).toBeGreaterThan(0);
    log.append([draft('block', 2)]);
    turns.shift()?.();
    expect(numbersOf(live)).toEqual([2]);
    expect(served()).toBeLessThan(back.length);
    while (turns.length > 0) turns.shift()?.();
    for (const connection of back) expect(numbersOf(connection)).toEqual([1, 2]);
    expect(numbersOf(live)).toEqual([2]);
    hub.close();
  });

  it('lets events wait for company where that is wanted, and a client that is behind need not wait', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const log = createTestLog();
      let turns: (() => void)[] = [];
      const hub = createTestHub(
        { maxBufferedBytes: 1000, coalesceMs: 20 },
        { log, schedule: (turn) => void turns.push(turn) },
      );
      const takeTurns = (): number => {
        let count = 0;
        while (turns.length > 0) {
          const due = turns;
          turns = [];
          for (const turn of due) turn();
          count += due.length;
        }
        return count;
      };
      const [live, late] = [createFakeConnection(1), createFakeConnection(2)];
      hub.join(live, view, noLoss).subscribe(['blocks']);
      log.append([draft('block', 1)]);
      vi.advanceTimersByTime(10);
      log.append([draft('block', 2)]);
      // From the past: it is told at once, and waits at the head without taking any turn.
      hub.join(late, view, noLoss).subscribeAfter(['blocks'], { seq: 0, cursor: undefined }, () => undefined);
      hub.join(createFakeConnection(3), view, noLoss).subscribe(['blocks']);
      expect(takeTurns()).toBeLessThan(5);
      expect(numbersOf(live)).toEqual([]);
      vi.advanceTimersByTime(10);
      takeTurns();
      expect(numbersOf(live)).toEqual([1, 2]);
      expect(live.written).toHaveLength(1);
      expect(numbersOf(late)).toEqual([1, 2]);
      expect(hub.stats().behind).toBe(0);

      log.append([draft('block', 3)]);
      expect(takeTurns()).toBe(0);
      hub.flush();
      expect(numbersOf(live)).toEqual([1, 2, 3]);
      log.append([draft('block', 4)]);
      hub.close();
      vi.advanceTimersByTime(100);
      takeTurns();
      expect(numbersOf(live)).toEqual([1, 2, 3]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('shares one buffer between clients that are behind at the same place', async () => {
    const { log, hub, enter } = setUp(10);
    const slow = Array.from({ length: 20 }, (_, id) => createFakeConnection(id, false));
    for (const connection of slow) enter(connection).subscribe(['blocks']);
    for (let n = 1; n <= 5; n += 1) {
      log.append([draft('block', n)]);
      await immediates(2);
    }
    for (const connection of slow) {
      connection.isOpen = true;
      connection.take(1e9);
    }
    await immediates(20);
    for (const connection of slow) expect(numbersOf(connection)).toEqual([1, 2, 3, 4, 5]);
    expect(hub.stats().behindJoins).toBeLessThanOrEqual(5);
  });
});

type Step =
  | { readonly do: 'append'; readonly types: readonly EventType[] }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly who: number; readonly topics: readonly Topic[] }
  | { readonly do: 'take'; readonly who: number; readonly bytes: number }
  | { readonly do: 'open' | 'shut'; readonly who: number }
  | { readonly do: 'turns'; readonly count: number };

const CLIENTS = 3;
const who = fc.nat(CLIENTS - 1);
const topics = fc.subarray([...TOPICS], { minLength: 1 });
const types = fc.array(fc.constantFrom(...(Object.keys(EVENT_TOPICS) as EventType[])), {
  minLength: 1,
  maxLength: 8,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), types }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, topics }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), who, topics }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), who, bytes: fc.nat(2000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'shut' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
);

/** What a client must have been written of a topic: numbers after `from`, up to `until` at least, or any part of that if it ended. */
interface Interval {
  readonly topic: Topic;
  readonly from: number;
  until: number | undefined;
}

describe('the seam between behind and live', () => {
  it('loses nothing, repeats nothing and keeps the order, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { log, hub } = setUp(400);
        const connections = Array.from({ length: CLIENTS }, (_, id) => createFakeConnection(id, false));
        const clients = connections.map((connection) => hub.join(connection, view, noLoss));
        const intervals: Interval[][] = clients.map(() => []);
        const appended: Topic[] = [];
        await run(steps, { log, hub, connections, clients, intervals, appended });
        for (const connection of connections) {
          connection.isOpen = true;
          connection.take(1e9);
        }
        await immediates(60);
        connections.forEach((connection, index) => {
          check(connection, intervals[index] ?? [], appended);
        });
        expect(hub.stats().behind).toBe(0);
        hub.close();
      }),
      { numRuns: 300 },
    );
  });
});

interface World {
  readonly log: EventLog;
  readonly hub: TestHub;
  readonly connections: readonly FakeConnection[];
  readonly clients: readonly TestClient[];
  readonly intervals: readonly Interval[][];
  readonly appended: Topic[];
}

async function run(steps: readonly Step[], world: World): Promise<void> {
  const { log, connections, clients, intervals, appended } = world;
  for (const action of steps) {
    switch (action.do) {
      case 'append': {
        const drafts = action.types.map((type) => {
          appended.push(EVENT_TOPICS[type]);
          return draft(type, appended.length, 40);
        });
        log.append(drafts);
        break;
      }
      case 'subscribe':
        clients[action.who]?.subscribe(action.topics);
        for (const topic of action.topics) {
          const mine = intervals[action.who] ?? [];
          if (mine.some((one) => one.topic === topic && one.until === undefined)) continue;
          mine.push({ topic, from: appended.length, until: undefined });
        }
        break;
      case 'unsubscribe':
        clients[action.who]?.unsubscribe(action.topics);
        for (const one of intervals[action.who] ?? []) {
          if (action.topics.includes(one.topic)) one.until ??= appended.length;
        }
        break;
      case 'take':
        connections[action.who]?.take(action.bytes);
        break;
      case 'open':
      case 'shut': {
        const connection = connections[action.who];
        if (connection === undefined) break;
        connection.isOpen = action.do === 'open';
        if (connection.isOpen) connection.take(1e9);
        break;
      }
      case 'turns':
        await immediates(action.count);
    }
  }
}

function check(connection: FakeConnection, intervals: readonly Interval[], appended: readonly Topic[]): void {
  const seen = seenBy(connection);
  const order = seen.map((event) => event.data.n);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size).toBe(order.length);
  for (const { topic } of intervals) {
    const got = seen.filter((event) => event.topic === topic).map((event) => event.data.n);
    const mine = intervals.filter((one) => one.topic === topic);
    const due = (n: number): Interval | undefined =>
      mine.find((one) => n > one.from && (one.until === undefined || n <= one.until));
    for (const n of got) expect(due(n)).toBeDefined();
    for (const one of mine) {
      const wanted = appended.flatMap((of, index) =>
        of === topic && index + 1 > one.from && index + 1 <= (one.until ?? appended.length)
          ? [index + 1]
          : [],
      );
      const part = got.filter((n) => due(n) === one);
      // Complete while it lasts; of one that has ended, what came is its beginning, without a hole.
      expect(part).toEqual(one.until === undefined ? wanted : wanted.slice(0, part.length));
    }
  }
}
