import { describe, expect, it } from 'vitest';
import type { SlowPolicy } from '../../../../src/protocol/slowPolicies.js';
import {
  advance,
  becomeSlow,
  fallBehind,
  isBehind,
  NEW_READER,
  nextRead,
  readerMask,
  rejoin,
  release,
  resumePosition,
  setPolicy,
  subscribe,
  unsubscribe,
  type Position,
  type Reader,
} from '../../../../src/server/hub/reader.js';
import { ALL_TOPICS } from '../../../../src/server/hub/topicMask.js';

const at = (seq: number): Position => ({ seq, cursor: `c${seq}` });
const BLOCKS = 1;
const TRANSACTIONS = 2;
const ASSETS = 4;

describe('a reader of the log', () => {
  it('is live at once when the cohorts are at the head', () => {
    expect(subscribe(NEW_READER, BLOCKS, at(5), at(5))).toMatchObject({ liveMask: BLOCKS, behind: [] });
  });

  it('waits at the head when the cohorts are not there yet, and joins them when they come', () => {
    const reader = subscribe(NEW_READER, BLOCKS, at(5), at(3));
    expect(reader).toMatchObject({ liveMask: 0, behind: [{ position: at(5), mask: BLOCKS }] });
    expect(nextRead(reader, 5)).toBeUndefined();
    expect(rejoin(reader, at(4))).toBe(reader);
    expect(rejoin(reader, at(5))).toMatchObject({ liveMask: BLOCKS, behind: [] });
  });

  it('keeps the place of older topics when one is added while the cohorts are behind the head', () => {
    const live = subscribe(NEW_READER, BLOCKS, at(3), at(3));
    const both = subscribe(live, ASSETS, at(5), at(3));
    expect(both.behind).toEqual([
      { position: at(3), mask: BLOCKS },
      { position: at(5), mask: ASSETS },
    ]);
    expect(nextRead(both, 9)).toEqual({ afterSeq: 3, untilSeq: 5, mask: BLOCKS });
  });

  it('reads two parts together once they have met', () => {
    const live = subscribe(NEW_READER, BLOCKS, at(3), at(3));
    const both = subscribe(live, ASSETS, at(5), at(3));
    const met = advance(both, at(5));
    expect(met.behind).toEqual([{ position: at(5), mask: BLOCKS | ASSETS }]);
    expect(nextRead(met, 9)).toEqual({ afterSeq: 5, untilSeq: 9, mask: BLOCKS | ASSETS });
  });

  it('leaves what is subscribed already where it is', () => {
    const slow = fallBehind(subscribe(NEW_READER, BLOCKS, at(2), at(2)), at(4), ALL_TOPICS);
    expect(subscribe(slow, BLOCKS, at(9), at(9))).toBe(slow);
    expect(subscribe(slow, BLOCKS | ASSETS, at(9), at(9)).behind).toEqual([
      { position: at(4), mask: BLOCKS },
      { position: at(9), mask: ASSETS },
    ]);
  });

  it('drops a topic wherever it is read', () => {
    const slow = fallBehind(subscribe(NEW_READER, BLOCKS | ASSETS, at(2), at(2)), at(4), ALL_TOPICS);
    const more = subscribe(slow, TRANSACTIONS, at(9), at(9));
    const fewer = unsubscribe(more, BLOCKS | ASSETS);
    expect(fewer).toMatchObject({ liveMask: 0, behind: [{ position: at(9), mask: TRANSACTIONS }] });
    expect(readerMask(unsubscribe(fewer, TRANSACTIONS))).toBe(0);
  });

  it('resumes from its oldest place', () => {
    const live = subscribe(NEW_READER, BLOCKS, at(2), at(2));
    expect(resumePosition(live, at(8))).toEqual(at(8));
    expect(resumePosition(fallBehind(live, at(4), ALL_TOPICS), at(8))).toEqual(at(4));
    expect(resumePosition({ ...live, behind: [{ position: at(9), mask: ASSETS }] }, at(8))).toEqual(at(8));
  });
});

describe('a reader of topics that need not catch up', () => {
  const live = (policies: readonly (readonly [number, SlowPolicy])[]): Reader =>
    policies.reduce(
      (reader, [mask, policy]) => setPolicy(reader, mask, policy),
      subscribe(NEW_READER, BLOCKS | TRANSACTIONS | ASSETS, at(2), at(2)),
    );
  const slow = (reader: Reader, seq = 4): Reader => {
    const slower = becomeSlow(reader, at(seq));
    if (slower === 'close') throw new Error('closed');
    return slower;
  };

  it('holds them where they are when the client is slow, while the others catch up', () => {
    const held = slow(
      live([
        [TRANSACTIONS, 'latest'],
        [ASSETS, 'drop'],
      ]),
    );
    expect(held).toMatchObject({
      liveMask: 0,
      behind: [{ position: at(4), mask: BLOCKS }],
      held: [{ position: at(4), mask: TRANSACTIONS | ASSETS }],
    });
    expect(readerMask(held)).toBe(BLOCKS | TRANSACTIONS | ASSETS);
    expect(isBehind(held)).toBe(true);
    expect(nextRead(held, 9)).toEqual({ afterSeq: 4, untilSeq: 9, mask: BLOCKS });
    expect(resumePosition(advance(held, at(7)), at(8))).toEqual(at(4));
  });

  it('goes on live with them at once, wherever the others are', () => {
    const released = release(slow(live([[ASSETS, 'drop']])));
    expect(released).toMatchObject({
      liveMask: ASSETS,
      behind: [{ position: at(4), mask: BLOCKS | TRANSACTIONS }],
      held: [],
    });
    expect(slow(released, 6).held).toEqual([{ position: at(6), mask: ASSETS }]);
    expect(release(NEW_READER)).toBe(NEW_READER);
  });

  it('closes where a live topic wants that', () => {
    const closing = live([[ASSETS, 'close']]);
    expect(becomeSlow(closing, at(4))).toBe('close');
    expect(becomeSlow(unsubscribe(closing, ASSETS), at(4))).not.toBe('close');
  });

  it('has one policy for a topic, the last that was set, and keeps it when the topic ends', () => {
    const reader = setPolicy(live([[BLOCKS | ASSETS, 'drop']]), ASSETS, 'latest');
    expect(reader.policies).toEqual({ latest: ASSETS, drop: BLOCKS, close: 0 });
    expect(unsubscribe(reader, ASSETS).policies).toEqual(reader.policies);
    expect(setPolicy(reader, ALL_TOPICS, 'catch_up').policies).toEqual({ latest: 0, drop: 0, close: 0 });
  });

  it('catches up from where a topic was held, when it is to catch up after all', () => {
    const held = slow(live([[ALL_TOPICS, 'drop']]));
    expect(setPolicy(held, ASSETS, 'latest')).toMatchObject({ behind: [], held: held.held });
    expect(setPolicy(held, ASSETS, 'catch_up')).toMatchObject({
      behind: [{ position: at(4), mask: ASSETS }],
      held: [{ position: at(4), mask: BLOCKS | TRANSACTIONS }],
    });
    expect(unsubscribe(held, ALL_TOPICS).held).toEqual([]);
  });

  it('does not take them back behind when another topic is read from the past', () => {
    const reader = setPolicy(subscribe(NEW_READER, BLOCKS | ASSETS, at(9), at(9)), ASSETS, 'latest');
    expect(subscribe(reader, TRANSACTIONS, at(3), at(9))).toMatchObject({
      liveMask: ASSETS,
      behind: [
        { position: at(3), mask: TRANSACTIONS },
        { position: at(9), mask: BLOCKS },
      ],
    });
  });
});
