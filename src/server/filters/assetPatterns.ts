import { createKeyMap, type KeyMap } from './keyMap.js';

/**
 * Values by asset pattern. A pattern without `*` is a name. One with `*` names every asset that begins with what stands before it and
 * ends with what stands behind: `ORG/*` is all below ORG at any depth, owner tokens and unique assets there included, and not ORG
 * itself, `ORG!` or `ORG#TAG`; `*#TAG` is that tag of any asset; `*` is every asset.
 */
export interface AssetPatterns<T extends object> {
  /** Pairs of pattern and value. */
  readonly size: number;
  add(pattern: string, value: T): void;
  remove(pattern: string, value: T): void;
  /** Calls `visit` with each value of each pattern that the name fits, once for each pattern. */
  each(name: string, visit: (value: T) => void): void;
}

/** Patterns that begin alike, by how they end. */
interface Endings<T extends object> {
  readonly values: KeyMap<T>;
  readonly lengths: Lengths;
}

/**
 * No patterns yet. A name is looked up in a map once for each length that a pattern's beginning or end has: names have at most 32
 * characters, so the number of patterns does not count.
 */
export function createAssetPatterns<T extends object>(): AssetPatterns<T> {
  const names = createKeyMap<T>();
  const beginnings = new Map<string, Endings<T>>();
  const lengths = createLengths();
  let patterns = 0;

  return {
    get size() {
      return names.size + patterns;
    },
    add(pattern, value) {
      const star = pattern.indexOf('*');
      if (star === -1) {
        names.add(pattern, value);
        return;
      }
      const beginning = pattern.slice(0, star);
      const ending = pattern.slice(star + 1);
      let endings = beginnings.get(beginning);
      if (endings === undefined) {
        endings = { values: createKeyMap(), lengths: createLengths() };
        beginnings.set(beginning, endings);
        lengths.add(beginning.length);
      }
      const before = endings.values.size;
      endings.values.add(ending, value);
      if (endings.values.size === before) return;
      endings.lengths.add(ending.length);
      patterns += 1;
    },
    remove(pattern, value) {
      const star = pattern.indexOf('*');
      if (star === -1) {
        names.remove(pattern, value);
        return;
      }
      const beginning = pattern.slice(0, star);
      const ending = pattern.slice(star + 1);
      const endings = beginnings.get(beginning);
      if (endings === undefined) return;
      const before = endings.values.size;
      endings.values.remove(ending, value);
      if (endings.values.size === before) return;
      endings.lengths.remove(ending.length);
      patterns -= 1;
      if (endings.values.size > 0) return;
      beginnings.delete(beginning);
      lengths.remove(beginning.length);
    },
    each(name, visit) {
      names.each(name, visit);
      for (const length of lengths.inUse()) {
        if (length > name.length) continue;
        const endings = beginnings.get(name.slice(0, length));
        if (endings === undefined) continue;
        for (const endLength of endings.lengths.inUse()) {
          // The two must not overlap.
          if (length + endLength <= name.length) {
            endings.values.each(name.slice(name.length - endLength), visit);
          }
        }
      }
    },
  };
}

/** Which lengths there are, and how often. */
interface Lengths {
  inUse(): Iterable<number>;
  add(length: number): void;
  remove(length: number): void;
}

function createLengths(): Lengths {
  const counts = new Map<number, number>();
  return {
    inUse: () => counts.keys(),
    add(length) {
      counts.set(length, (counts.get(length) ?? 0) + 1);
    },
    remove(length) {
      const left = (counts.get(length) ?? 0) - 1;
      if (left > 0) counts.set(length, left);
      else counts.delete(length);
    },
  };
}
