import { describe, expect, it } from 'vitest';
import {
  advance,
  fallBehind,
  NEW_READER,
  nextRead,
  readerMask,
  rejoin,
  resumePosition,
  subscribe,
  unsubscribe,
  type Position,
} from '../../../src/server/reader.js';

const at = (seq: number): Position => ({ seq, cursor: `c${seq}` });
const BLOCKS = 1;
const TRANSACTIONS = 2;
const ASSETS = 4;

describe('a reader of the log', () => {
  it('is live at once when the cohorts are at the head', () => {
    expect(subscribe(NEW_READER, BLOCKS, at(5), at(5))).toEqual({ liveMask: BLOCKS, behind: [] });
  });

  it('waits at the head when the cohorts are not there yet, and joins them when they come', () => {
    const reader = subscribe(NEW_READER, BLOCKS, at(5), at(3));
    expect(reader).toEqual({ liveMask: 0, behind: [{ position: at(5), mask: BLOCKS }] });
    expect(nextRead(reader, 5)).toBeUndefined();
    expect(rejoin(reader, at(4))).toBe(reader);
    expect(rejoin(reader, at(5))).toEqual({ liveMask: BLOCKS, behind: [] });
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
    const slow = fallBehind(subscribe(NEW_READER, BLOCKS, at(2), at(2)), at(4));
    expect(subscribe(slow, BLOCKS, at(9), at(9))).toBe(slow);
    expect(subscribe(slow, BLOCKS | ASSETS, at(9), at(9)).behind).toEqual([
      { position: at(4), mask: BLOCKS },
      { position: at(9), mask: ASSETS },
    ]);
  });

  it('drops a topic wherever it is read', () => {
    const slow = fallBehind(subscribe(NEW_READER, BLOCKS | ASSETS, at(2), at(2)), at(4));
    const more = subscribe(slow, TRANSACTIONS, at(9), at(9));
    const fewer = unsubscribe(more, BLOCKS | ASSETS);
    expect(fewer).toEqual({ liveMask: 0, behind: [{ position: at(9), mask: TRANSACTIONS }] });
    expect(readerMask(unsubscribe(fewer, TRANSACTIONS))).toBe(0);
  });

  it('resumes from its oldest place', () => {
    const live = subscribe(NEW_READER, BLOCKS, at(2), at(2));
    expect(resumePosition(live, at(8))).toEqual(at(8));
    expect(resumePosition(fallBehind(live, at(4)), at(8))).toEqual(at(4));
    expect(resumePosition({ liveMask: BLOCKS, behind: [{ position: at(9), mask: ASSETS }] }, at(8))).toEqual(
      at(8),
    );
  });
});
