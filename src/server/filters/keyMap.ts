/** Values by key, several for one key. A key with one value, which most have, costs one entry of a map. */
export interface KeyMap<T extends object> {
  /** Pairs of key and value. */
  readonly size: number;
  add(key: string, value: T): void;
  remove(key: string, value: T): void;
  /** Calls `visit` with each value of the key. */
  each(key: string, visit: (value: T) => void): void;
}

/** No pairs yet. */
export function createKeyMap<T extends object>(): KeyMap<T> {
  const values = new Map<string, T | Set<T>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(key, value) {
      const present = values.get(key);
      if (present === value) return;
      if (present === undefined) values.set(key, value);
      else if (present instanceof Set) {
        if (present.has(value)) return;
        present.add(value);
      } else values.set(key, new Set([present, value]));
      size += 1;
    },
    remove(key, value) {
      const present = values.get(key);
      if (present === value) values.delete(key);
      else if (!(present instanceof Set) || !present.delete(value)) return;
      else if (present.size === 1) for (const last of present) values.set(key, last);
      size -= 1;
    },
    each(key, visit) {
      const present = values.get(key);
      if (present === undefined) return;
      if (present instanceof Set) for (const value of present) visit(value);
      else visit(present);
    },
  };
}
