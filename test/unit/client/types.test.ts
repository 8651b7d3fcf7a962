import { describe, expectTypeOf, it } from 'vitest';
import type {
  BlockData,
  EventOf,
  GapEvent,
  SkippedEvent,
  RawEvent,
  ResultOf,
  TopicName,
} from '../../../src/client/index.js';
import type { EventType } from '../../../src/protocol/events.js';
import type { Topic } from '../../../src/protocol/topics.js';

// These are held by the type check; to run them does nothing.
describe('the types of events', () => {
  it('know every topic and every event type of the protocol', () => {
    expectTypeOf<Exclude<Topic, TopicName>>().toBeNever();
    expectTypeOf<EventOf<'all' | 'finality' | 'peers' | 'mining'>['type']>().toEqualTypeOf<
      EventType | 'gap' | 'skipped'
    >();
  });

  it('follow from the topic, and the data from the type', () => {
    type BlocksEvent = EventOf<'blocks'>;
    expectTypeOf<BlocksEvent['type']>().toEqualTypeOf<
      'block' | 'block_disconnected' | 'reorg' | 'gap' | 'skipped'
    >();
    expectTypeOf<Extract<BlocksEvent, { type: 'block' }>['data']>().toEqualTypeOf<BlockData>();
    expectTypeOf<EventOf<'mempool'>['topic']>().toEqualTypeOf<string>();
    expectTypeOf<Exclude<EventOf<'asset'>, GapEvent | SkippedEvent>['topic']>().toEqualTypeOf<'assets'>();
  });

  it('are text where numbers are not read', () => {
    expectTypeOf<EventOf<'all', 'raw'>>().toEqualTypeOf<RawEvent>();
    expectTypeOf<ResultOf<'getblockcount'>>().toEqualTypeOf<number>();
    expectTypeOf<ResultOf<'getblockcount', 'raw'>>().toEqualTypeOf<string>();
  });
});
