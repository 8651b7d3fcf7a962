import { LOCAL_KEY } from './rates.js';

/** How many connections each address has, also those whose handshake waits for its turn. */
export interface AddressCounts {
  /** Takes a place for a connection; `false` when the address has all that it may have. */
  enter(key: string): boolean;
  /** Gives the place back. */
  leave(key: string): void;
  /** Addresses with a connection; no more than there are connections. */
  readonly addresses: number;
}

/** No connections yet. `most` is what one address may have, 0 is no limit; programs of the same machine have none. */
export function createAddressCounts(most: number): AddressCounts {
  const counts = new Map<string, number>();
  return {
    enter(key) {
      if (key === LOCAL_KEY || most === 0) return true;
      const count = counts.get(key) ?? 0;
      if (count >= most) return false;
      counts.set(key, count + 1);
      return true;
    },
    leave(key) {
      const count = counts.get(key) ?? 0;
      if (count > 1) counts.set(key, count - 1);
      else counts.delete(key);
    },
    get addresses() {
      return counts.size;
    },
  };
}
