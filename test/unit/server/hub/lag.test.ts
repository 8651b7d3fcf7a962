import { describe, expect, it } from 'vitest';
import { describeLag, MAX_LISTED, mergeLags } from '../../../../src/server/hub/lag.js';
import { NEW_READER, type Reader } from '../../../../src/server/hub/reader.js';

function client(id: number, reader: Partial<Reader>, unsentBytes = 0) {
  return { connection: { id, unsentBytes: () => unsentBytes }, reader: { ...NEW_READER, ...reader } };
}

const at = (seq: number, mask = 1) => [{ position: { seq, cursor: undefined }, mask }];

describe('the lag of clients', () => {
  it('counts clients by what is to become of their events, and measures from their oldest place', () => {
    const policies = { latest: 2, drop: 4, close: 0 };
    const lag = describeLag(
      [
        client(1, { behind: at(90), held: at(70, 2), policies }, 5),
        client(2, { held: at(95, 4), policies }, 6),
        client(3, { behind: at(100) }, 7),
      ],
      100,
    );
    expect(lag.byPolicy).toEqual({ catch_up: 2, latest: 1, drop: 1 });
    expect(lag.worst).toEqual([
      { id: 1, eventsBehind: 30, unsentBytes: 5 },
      { id: 2, eventsBehind: 5, unsentBytes: 6 },
      { id: 3, eventsBehind: 0, unsentBytes: 7 },
    ]);
  });

  it('lists the worst alone, however many there are', () => {
    const many = Array.from({ length: 1000 }, (_, id) => client(id, { behind: at(id) }));
    const { worst, byPolicy } = describeLag(many, 1000);
    expect(byPolicy.catch_up).toBe(1000);
    expect(worst.map(({ id }) => id)).toEqual(Array.from({ length: MAX_LISTED }, (_, id) => id));
    expect(describeLag([], 5)).toEqual({ byPolicy: { catch_up: 0, latest: 0, drop: 0 }, worst: [] });
  });

  it('of several hubs lists a client once, where it is furthest, and counts it in each', () => {
    const one = describeLag([client(1, { behind: at(90) }, 5), client(2, { behind: at(95) })], 100);
    const other = describeLag([client(1, { behind: at(60) }, 5), client(3, { behind: at(99) })], 100);
    expect(mergeLags([one, other])).toEqual({
      byPolicy: { catch_up: 4, latest: 0, drop: 0 },
      worst: [
        { id: 1, eventsBehind: 40, unsentBytes: 5 },
        { id: 2, eventsBehind: 5, unsentBytes: 0 },
        { id: 3, eventsBehind: 1, unsentBytes: 0 },
      ],
    });
  });
});
