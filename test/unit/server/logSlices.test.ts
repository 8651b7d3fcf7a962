import { describe, expect, it } from 'vitest';
import { ALL_TOPICS, createLogSlices } from '../../../src/server/logSlices.js';
import { TOPIC_BITS } from '../../../src/server/topicMask.js';
import { createTestLog, draft } from '../../support/serverHarness.js';

const frame = (message: Buffer): readonly Buffer[] => [Buffer.from('<'), message];

describe('a slice of the log', () => {
  it('ends when the wanted messages fill it, and holds one event at least', () => {
    const log = createTestLog();
    for (let n = 1; n <= 10; n += 1) log.append([draft('block', n, 1000)]);
    const slices = createLogSlices(log, frame);
    const seqs = (maxBytes: number): readonly number[] | undefined =>
      slices.take(2, { untilSeq: 10, maxBytes, mask: ALL_TOPICS })?.map((event) => event.seq);
    expect(seqs(1)).toEqual([3]);
    expect(seqs(2000)).toEqual([3, 4]);
    expect(seqs(1e9)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('counts only the bytes of wanted topics, and goes no further than it is told', () => {
    const log = createTestLog();
    for (let n = 1; n <= 10; n += 1) log.append([draft(n % 2 === 0 ? 'block' : 'mempool', n, 1000)]);
    const slices = createLogSlices(log, frame);
    const events = slices.take(0, { untilSeq: 9, maxBytes: 2000, mask: TOPIC_BITS.blocks });
    expect(events?.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
    expect(slices.take(0, { untilSeq: 9, maxBytes: 1e9, mask: TOPIC_BITS.blocks })?.at(-1)?.seq).toBe(9);
  });

  it('does not go through the whole log for topics that hardly come', () => {
    const log = createTestLog();
    log.append(Array.from({ length: 9_000 }, (_, n) => draft('sequence', n)));
    const slices = createLogSlices(log, frame);
    const events = slices.take(0, { untilSeq: 9_000, maxBytes: 1000, mask: TOPIC_BITS.blocks });
    expect(events?.length).toBe(8192);
    expect(slices.join(events ?? [], TOPIC_BITS.blocks)).toBeUndefined();
  });

  it('copies no large message for one client, and joins the small ones around it', () => {
    const log = createTestLog();
    log.append([draft('block', 1), draft('block', 2), draft('block', 3, 100_000), draft('block', 4)]);
    const events = log.read(1, 4) ?? [];
    const slices = createLogSlices(log, frame);
    const parts = slices.joinSmall(events);
    expect(parts.map((part) => events.findIndex((event) => event.message === part))).toEqual([-1, 2, -1]);
    expect(Buffer.concat(parts)).toEqual(slices.join(events, ALL_TOPICS));
    expect(slices.joinSmall([])).toEqual([]);
  });

  it('is undefined when its place has left the memory', () => {
    const log = createTestLog({ maxEvents: 3 });
    for (let n = 1; n <= 10; n += 1) log.append([draft('block', n)]);
    const slices = createLogSlices(log, frame);
    expect(slices.take(6, { untilSeq: 10, maxBytes: 1e9, mask: ALL_TOPICS })).toBeUndefined();
    expect(slices.take(7, { untilSeq: 10, maxBytes: 1e9, mask: ALL_TOPICS })?.length).toBe(3);
  });

  it('joins the frames of the wanted topics in order', () => {
    const log = createTestLog();
    log.append([draft('block', 1), draft('mempool', 2), draft('block', 3)]);
    const slices = createLogSlices(log, frame);
    const events = log.read(1, 3) ?? [];
    const wanted = [events[0], events[2]].map((event) => `<${event?.message.toString() ?? ''}`).join('');
    expect(slices.join(events, TOPIC_BITS.blocks)?.toString()).toBe(wanted);
  });
});
