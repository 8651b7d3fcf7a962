import { expect, test } from 'vitest';
import type { Archive } from '../../../../src/feed/archive.js';
import { NATIVE } from '../../../../src/protocol/dialects/native.js';
import { createHub } from '../../../../src/server/hub/hub.js';
import type { Subscriber, SubscriptionSet } from '../../../../src/server/subscriptions/subscriptionSet.js';
import { createFakeConnection } from '../../../support/fakeConnection.js';
import {
  createFakeRpc,
  createTestClearances,
  createTestLog,
  createTestSubscriptions,
  draft,
  TEST_VISITOR,
} from '../../../support/serverHarness.js';

/** So often a client that is slow on purpose makes its replay wait: more than functions can be called in one another. */
const WAITS = 50_000;

test('a replay that its client made wait very often ends as any other', async () => {
  const log = createTestLog();
  log.append([draft('block', 1)]);
  const event = log.read(1, 1)?.[0];
  if (event === undefined) throw new Error('the log is empty');
  let left = WAITS;
  let reachEnd: () => void;
  const hasWaited = new Promise<void>((resolve) => {
    reachEnd = resolve;
  });
  const archive: Archive = {
    bytes: 0,
    reading: 0,
    forgetTxIndex: () => undefined,
    present: () => ({ seq: 1, tip: event.point }),
    async *replay() {
      for (; left > 0; left -= 1) yield { type: 'events', events: [event] };
      reachEnd();
      await new Promise(() => undefined);
      throw new Error('it never ends');
    },
    async *snapshot() {
      await Promise.resolve();
      yield [];
    },
  };
  const hub = createHub<SubscriptionSet>({ maxBufferedBytes: 1000, coalesceMs: 0 }, { log });
  const subscriptions = createTestSubscriptions(log, createFakeRpc(), hub, archive);
  const connection = createFakeConnection();
  const owner: Subscriber = {
    connection: {
      ...connection,
      send: () => undefined,
      writeFrames: () => undefined,
      unsentBytes: () => 5000,
    },
    clearance: createTestClearances().open(TEST_VISITOR.principal, () => undefined),
    address: TEST_VISITOR.client,
    sets: [],
    filterKeys: undefined,
  };
  subscriptions.enter(owner);
  subscriptions.subscribe(
    owner,
    { type: 'subscribe', topicName: 'blocks', topics: ['blocks'], fromJson: '1' },
    NATIVE,
    () => undefined,
  );
  await hasWaited;

  subscriptions.end(owner);
  expect(hub.stats()).toMatchObject({ clients: 0 });
});
