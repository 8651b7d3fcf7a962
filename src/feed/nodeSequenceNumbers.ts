/** Numbers that the node's own `sequence` topic gave to transactions, until the gateway's event about them is made. */
export interface NodeSequenceNumbers {
  /** Numbers waiting now; at most the limit given. */
  readonly size: number;
  remember(txid: string, mempoolSequence: string): void;
  get(txid: string): string | undefined;
  /** The events about these are in the log. */
  forget(txids: Iterable<string>): void;
}

/** Keeps at most `limit` numbers; the oldest is forgotten first. */
export function createNodeSequenceNumbers(limit: number): NodeSequenceNumbers {
  const numbers = new Map<string, string>();
  return {
    get size() {
      return numbers.size;
    },
    remember(txid, mempoolSequence) {
      numbers.set(txid, mempoolSequence);
      if (numbers.size > limit) {
        const oldest = numbers.keys().next();
        if (oldest.done !== true) numbers.delete(oldest.value);
      }
    },
    get: (txid) => numbers.get(txid),
    forget(txids) {
      for (const txid of txids) numbers.delete(txid);
    },
  };
}
