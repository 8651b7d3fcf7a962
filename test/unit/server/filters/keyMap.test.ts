import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createKeyMap } from '../../../../src/server/filters/keyMap.js';
import { createKeySketch } from '../../../../src/server/filters/keySketch.js';

interface Value {
  readonly name: string;
}

const keyOf = (number: number): string => `E${(number * 2_654_435_761).toString(36).padStart(33, '1')}`;
const keysOf = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => keyOf(from + index));

test('a map of keys gives what was put in and not taken out again, however many keys come and go', () => {
  const all = keysOf(0, 600);
  const values: readonly Value[] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  const range = fc.record({
    adds: fc.boolean(),
    from: fc.nat(300),
    count: fc.integer({ min: 1, max: 300 }),
    value: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (steps) => {
      const map = createKeyMap<Value>();
      const model = new Map<string, Set<Value>>();
      for (const { adds, from, count, value: index } of steps) {
        const value = values[index] ?? { name: 'none' };
        for (const key of keysOf(from, from + count)) {
          const present = model.get(key) ?? new Set();
          if (adds) {
            map.add(key, value);
            model.set(key, present.add(value));
          } else {
            map.remove(key, value);
            present.delete(value);
          }
        }
        const wrong: string[] = [];
        let size = 0;
        for (const key of all) {
          const expected = model.get(key)?.size ?? 0;
          const found = new Set<Value>();
          let visits = 0;
          const has = map.each(key, (one) => {
            visits += 1;
            found.add(one);
          });
          const isRight =
            has === expected > 0 &&
            visits === expected &&
            found.size === expected &&
            [...found].every((one) => model.get(key)?.has(one));
          if (!isRight) wrong.push(key);
          size += expected;
        }
        expect(wrong).toEqual([]);
        expect(map.size).toBe(size);
      }
    }),
    { numRuns: 100 },
  );
});

test('a sketch rules out no key, and all but a few of other texts', () => {
  const keys = new Map(keysOf(0, 20_000).map((key) => [key, true]));
  const sketch = createKeySketch(keys);
  expect([...keys.keys()].filter((key) => !sketch.mayHave(key))).toEqual([]);
  const others = keysOf(1_000_000, 1_020_000).filter((text) => sketch.mayHave(text));
  expect(others.length).toBeLessThan(20_000 / 20);
});

test('a sketch that grows and shrinks key by key stays as sharp', () => {
  const keys = new Map(keysOf(0, 10).map((key) => [key, true]));
  const sketch = createKeySketch(keys);
  const letThrough = (): number => keysOf(1_000_000, 1_002_000).filter((text) => sketch.mayHave(text)).length;
  for (const key of keysOf(10, 10_000)) {
    keys.set(key, true);
    sketch.added(key);
  }
  expect(letThrough()).toBeLessThan(2000 / 20);
  for (const key of keysOf(0, 9990)) {
    keys.delete(key);
    sketch.removed();
  }
  expect(letThrough()).toBeLessThan(2000 / 20);
  for (const key of keys.keys()) expect(sketch.mayHave(key)).toBe(true);
});

test('a sketch is seldom made anew while keys take the place of others, however many there are', () => {
  for (const size of [4096, 4095, 5000, 8192]) {
    const keys = new Map(keysOf(0, size).map((key) => [key, true]));
    const sketch = createKeySketch(keys);
    const makings = vi.spyOn(keys, 'keys');
    for (let number = 0; number < 1000; number += 1) {
      keys.delete(keyOf(number));
      sketch.removed();
      keys.set(keyOf(size + number), true);
      sketch.added(keyOf(size + number));
    }
    expect(makings.mock.calls.length).toBeLessThan(2);
  }
});

test('texts of every length have a place in a sketch', () => {
  const texts = ['', 'A', 'AB', 'ORG/SUB#1', 'x'.repeat(64), 'é'.repeat(7), '\u{1f600}'];
  const sketch = createKeySketch(new Map(texts.map((text) => [text, true])));
  for (const text of texts) expect(sketch.mayHave(text)).toBe(true);
});
