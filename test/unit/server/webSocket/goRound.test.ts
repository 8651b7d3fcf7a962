import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goRound } from '../../../../src/server/webSocket/goRound.js';

/** What each of so many calls looks at. */
function looks<Item>(items: ReadonlySet<Item>, turns: number, calls: number): Item[][] {
  const go = goRound(items, turns);
  return Array.from({ length: calls }, () => lookedAt(go));
}

function lookedAt<Item>(go: (lookAt: (item: Item) => void) => void): Item[] {
  const seen: Item[] = [];
  go((item) => seen.push(item));
  return seen;
}

describe('going round a set in turns', () => {
  it('looks at a share of all in each turn, and at everybody in a round', () => {
    expect(looks(new Set([1, 2, 3, 4, 5, 6]), 3, 4)).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
      [1, 2],
    ]);
  });

  it('goes on from the first where a share is not full', () => {
    expect(looks(new Set([1, 2, 3, 4, 5]), 3, 3)).toEqual([
      [1, 2],
      [3, 4],
      [5, 1],
    ]);
  });

  it('looks at nobody where nobody is, and at who comes then', () => {
    const items = new Set<number>();
    const go = goRound(items, 4);
    expect(lookedAt(go)).toEqual([]);
    items.add(7);
    expect(lookedAt(go)).toEqual([7]);
  });

  it('leaves out who has gone, in the same turn too', () => {
    const items = new Set([1, 2, 3, 4]);
    const go = goRound(items, 1);
    const seen: number[] = [];
    go((item) => {
      seen.push(item);
      items.delete(item + 1);
    });
    expect(seen).toEqual([1, 3]);
  });

  it('misses nobody who stays, and looks at nobody twice in a turn, whoever comes and goes', () => {
    const change = fc.record({ add: fc.nat(3), drop: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.integer({ min: 1, max: 8 }),
        fc.array(change, { minLength: 8 }),
        (size, turns, changes) => {
          const items = new Set(Array.from({ length: size }, (_, index) => index));
          const stays = new Set([...items].filter((item) => item % 2 === 0));
          const go = goRound(items, turns);
          const seen = new Set<number>();
          let comes = 1000;
          const turn = (): void => {
            const share = Math.ceil(items.size / turns);
            const now = lookedAt(go);
            expect(new Set(now).size).toBe(now.length);
            expect(now.length).toBeLessThanOrEqual(share);
            for (const item of now) seen.add(item);
          };
          for (const { add, drop } of changes) {
            turn();
            for (let added = 0; added < add; added += 1) items.add((comes += 1));
            for (const item of [...items].filter((each) => !stays.has(each)).slice(0, drop))
              items.delete(item);
          }
          // From here on nobody comes, and a round has at most so many turns.
          for (let left = 2 * turns; left > 0; left -= 1) turn();
          for (const item of stays) expect(seen).toContain(item);
        },
      ),
    );
  });
});
