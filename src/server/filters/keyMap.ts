import { createKeySketch, type KeySketch } from './keySketch.js';

/** Values by key, several for one key. A key with one value, which most have, costs one entry of a map. */
export interface KeyMap<T extends object> {
  /** Pairs of key and value. */
  readonly size: number;
  add(key: string, value: T): void;
  remove(key: string, value: T): void;
  /**
   * Calls `visit` with each value of the key; whether it has any. Most texts that are no key cost little, however many keys there are.
   */
  each(key: string, visit: (value: T) => void): boolean;
}

/** Fewer keys have no sketch: there may be many maps of so few. */
const MIN_SKETCHED_KEYS = 8;

/** No pairs yet. */
export function createKeyMap<T extends object>(): KeyMap<T> {
  const values = new Map<string, T | Set<T>>();
  let sketch: KeySketch | undefined;
  let size = 0;

  function addKey(key: string, value: T): void {
    values.set(key, value);
    if (sketch !== undefined) sketch.added(key);
    else if (values.size >= MIN_SKETCHED_KEYS) sketch = createKeySketch(values);
  }

  function removeKey(key: string): void {
    values.delete(key);
    if (values.size === 0) sketch = undefined;
    else sketch?.removed();
  }

  return {
    get size() {
      return size;
    },
    add(key, value) {
      const present = values.get(key);
      if (present === value) return;
      if (present === undefined) addKey(key, value);
      else if (present instanceof Set) {
        if (present.has(value)) return;
        present.add(value);
      } else values.set(key, new Set([present, value]));
      size += 1;
    },
    remove(key, value) {
      const present = values.get(key);
      if (present === value) removeKey(key);
      else if (!(present instanceof Set) || !present.delete(value)) return;
      else if (present.size === 1) for (const last of present) values.set(key, last);
      size -= 1;
    },
    each(key, visit) {
      if (size === 0 || sketch?.mayHave(key) === false) return false;
      const present = values.get(key);
      if (present === undefined) return false;
      if (present instanceof Set) for (const value of present) visit(value);
      else visit(present);
      return true;
    },
  };
}
