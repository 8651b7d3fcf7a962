import { describe, expect, it } from 'vitest';
import { describeLag, MAX_LISTED } from '../../../../src/server/hub/lag.js';
import { NEW_READER, type Reader } from '../../../../src/server/hub/reader.js';

function client(id: number, reader: Partial<Reader>, unsentBytes = 0) {
  return { connection: { id, unsentBytes: () => unsentBytes }, reader: { ...NEW_READER, ...reader } };
}

const at = (seq: number, mask = 1) => [{ position: { seq, cursor: undefined }, mask }];
const POLICIES = { latest: 2, drop: 4, close: 0 };

describe('the lag of clients', () => {
  it('counts clients by what is to become of their events, and measures from their oldest place', () => {
    const behind = [
      client(1, { behind: at(90), held: at(70, 2), policies: POLICIES }, 5),
      client(2, { held: at(95, 4), policies: POLICIES }, 6),
      client(3, { behind: at(100) }, 7),
    ];
    expect(describeLag([{ behind, headSeq: 100 }])).toEqual({
      clients: 3,
      byPolicy: { catch_up: 2, latest: 1, drop: 1 },
      worst: [
        { id: 1, eventsBehind: 30, unsentBytes: 5 },
        { id: 2, eventsBehind: 5, unsentBytes: 6 },
        { id: 3, eventsBehind: 0, unsentBytes: 7 },
      ],
    });
  });

  it('lists the worst alone, however many there are', () => {
    const behind = Array.from({ length: 1000 }, (_, id) => client(id, { behind: at(id) }));
    const { clients, byPolicy, worst } = describeLag([{ behind, headSeq: 1000 }]);
    expect([clients, byPolicy.catch_up]).toEqual([1000, 1000]);
    expect(worst.map(({ id }) => id)).toEqual(Array.from({ length: MAX_LISTED }, (_, id) => id));
    expect(describeLag([{ behind: [], headSeq: 5 }])).toEqual({
      clients: 0,
      byPolicy: { catch_up: 0, latest: 0, drop: 0 },
      worst: [],
    });
  });

  it('counts and lists a connection once, where it is furthest, also in several forms and behind several logs', () => {
    const behind = [
      client(1, { behind: at(90) }, 5),
      client(1, { behind: at(95), held: at(93, 4), policies: POLICIES }, 5),
      client(2, { behind: at(95) }),
    ];
    const ofAnother = [client(1, { behind: at(10) }, 5), client(3, { held: at(49, 4), policies: POLICIES })];
    const lag = describeLag([
      { behind, headSeq: 100 },
      { behind: ofAnother, headSeq: 50 },
    ]);
    expect(lag).toEqual({
      clients: 3,
      byPolicy: { catch_up: 2, latest: 0, drop: 2 },
      worst: [
        { id: 1, eventsBehind: 40, unsentBytes: 5 },
        { id: 2, eventsBehind: 5, unsentBytes: 0 },
        { id: 3, eventsBehind: 1, unsentBytes: 0 },
      ],
    });
  });
});
