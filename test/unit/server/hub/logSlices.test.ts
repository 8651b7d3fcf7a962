import { describe, expect, it } from 'vitest';
import { createLogSlices } from '../../../../src/server/hub/logSlices.js';
import { ALL_TOPICS, TOPIC_BITS } from '../../../../src/server/hub/topicMask.js';
import { createForm, createView } from '../../../../src/server/hub/view.js';
import { createTestLog, draft } from '../../../support/serverHarness.js';

const view = createView(createForm('test', ({ message }) => [Buffer.from('<'), message]));

describe('a slice of the log', () => {
  it('ends when the wanted messages fill it, and holds one event at least', () => {
    const log = createTestLog();
    for (let n = 1; n <= 10; n += 1) log.append([draft('block', n, 1000)]);
    const slices = createLogSlices(log);
    const seqs = (maxBytes: number): readonly number[] | undefined =>
      slices.take(2, { untilSeq: 10, maxBytes })?.map((event) => event.seq);
    expect(seqs(1)).toEqual([3]);
    expect(seqs(2000)).toEqual([3, 4]);
    expect(seqs(1e9)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    const range = { afterSeq: 2, untilSeq: 10, mask: ALL_TOPICS };
    expect(slices.slice(range, view, 1)).toMatchObject({ end: { seq: 3 }, eventCount: 1 });
    expect(slices.slice(range, view, 2000)).toMatchObject({ end: { seq: 4 }, eventCount: 2 });
  });

  it('counts only the bytes of wanted events, and goes no further than it is told', () => {
    const log = createTestLog();
    for (let n = 1; n <= 10; n += 1) log.append([draft(n % 2 === 0 ? 'block' : 'mempool', n, 1000)]);
    const slices = createLogSlices(log);
    const range = { afterSeq: 0, untilSeq: 9, mask: TOPIC_BITS.blocks };
    expect(slices.slice(range, view, 2000)?.end.seq).toBe(4);
    expect(slices.slice(range, view, 1e9)?.end.seq).toBe(9);
    const filter = {
      key: 'eights',
      mask: TOPIC_BITS.blocks,
      accepts: (event: { seq: number }) => event.seq === 8,
    };
    const filtered = slices.slice(range, createView(view, filter), 1000);
    expect(filtered?.end.seq).toBe(8);
    expect(filtered?.buffers.join('')).toBe(`<${log.read(8, 1)?.[0]?.message.toString() ?? ''}`);
  });

  it('does not go through the whole log for topics that hardly come', () => {
    const log = createTestLog();
    log.append(Array.from({ length: 9_000 }, (_, n) => draft('sequence', n)));
    const slice = createLogSlices(log).slice(
      { afterSeq: 0, untilSeq: 9_000, mask: TOPIC_BITS.blocks },
      view,
      1000,
    );
    expect(slice).toMatchObject({ buffers: [], eventCount: 8192, end: { seq: 8192 } });
  });

  it('copies no large message, and joins the small ones around it', () => {
    const log = createTestLog();
    log.append([draft('block', 1), draft('block', 2), draft('block', 3, 100_000), draft('block', 4)]);
    const events = log.read(1, 4) ?? [];
    const slice = createLogSlices(log).slice({ afterSeq: 0, untilSeq: 4, mask: ALL_TOPICS }, view, 1e9);
    const at = slice?.buffers.map((buffer) => events.findIndex((event) => event.message === buffer));
    expect(at).toEqual([-1, 2, -1]);
    expect(slice?.buffers.join('')).toBe(events.map(({ message }) => `<${message.toString()}`).join(''));
  });

  it('is undefined when its place has left the memory', () => {
    const log = createTestLog({ maxEvents: 3 });
    for (let n = 1; n <= 10; n += 1) log.append([draft('block', n)]);
    const slices = createLogSlices(log);
    expect(slices.take(6, { untilSeq: 10, maxBytes: 1e9 })).toBeUndefined();
    expect(slices.take(7, { untilSeq: 10, maxBytes: 1e9 })?.length).toBe(3);
    expect(slices.slice({ afterSeq: 6, untilSeq: 10, mask: ALL_TOPICS }, view, 1e9)).toBeUndefined();
  });

  it('holds the frames of the wanted topics in order', () => {
    const log = createTestLog();
    log.append([draft('block', 1), draft('mempool', 2), draft('block', 3)]);
    const events = log.read(1, 3) ?? [];
    const slice = createLogSlices(log).slice(
      { afterSeq: 0, untilSeq: 3, mask: TOPIC_BITS.blocks },
      view,
      1e9,
    );
    const wanted = [events[0], events[2]].map((event) => `<${event?.message.toString() ?? ''}`).join('');
    expect(slice?.buffers.join('')).toBe(wanted);
  });
});
