import { MEMPOOL_HEIGHT, type Spend } from './coin.js';
import { outpointOf, type SimulatedTransaction } from './simulatedTransaction.js';

/** A transaction that waits for a block. */
export interface MempoolEntry {
  readonly transaction: SimulatedTransaction;
  /** When it came, Unix seconds. */
  readonly timeSeconds: number;
  /** Height of the chain when it came. */
  readonly height: number;
  readonly feeSat: bigint;
}

/** The transactions that wait for a block. Its limit is the caller's: the node's own is 300 MB. */
export interface MempoolState {
  get(txidHex: string): MempoolEntry | undefined;
  /** In order of arrival. */
  entries(): readonly MempoolEntry[];
  txids(): readonly string[];
  size(): number;
  /** Sum of the virtual sizes. */
  vsizeBytes(): number;
  /** Which waiting transaction spends an output. */
  spend(outpoint: string): Spend | undefined;
  add(entry: MempoolEntry): void;
  /** Takes out this one alone. */
  remove(txidHex: string): void;
  /** Waiting transactions that this one spends, directly. */
  parents(transaction: SimulatedTransaction): readonly string[];
  /** All that depend on it, itself first. */
  descendants(txidHex: string): readonly MempoolEntry[];
  /** All that it depends on, itself first. */
  ancestors(txidHex: string): readonly MempoolEntry[];
  /** All entries, each behind those that it spends. */
  inBlockOrder(): readonly MempoolEntry[];
}

/** Makes an empty {@link MempoolState}. */
export function createMempoolState(): MempoolState {
  const entries = new Map<string, MempoolEntry>();
  const spends = new Map<string, Spend>();
  let vsizeBytes = 0;

  const parents = (transaction: SimulatedTransaction): string[] => [
    ...new Set(transaction.inputs.map((input) => input.txidHex).filter((txidHex) => entries.has(txidHex))),
  ];
  const children = (transaction: SimulatedTransaction): string[] => {
    const found = new Set<string>();
    for (const vout of transaction.outputs.keys()) {
      const spend = spends.get(outpointOf(transaction.txidHex, vout));
      if (spend !== undefined) found.add(spend.txidHex);
    }
    return [...found];
  };
  const walk = (txidHex: string, next: (transaction: SimulatedTransaction) => string[]): MempoolEntry[] => {
    const found = new Map<string, MempoolEntry>();
    const open = [txidHex];
    for (let current = open.pop(); current !== undefined; current = open.pop()) {
      const entry = entries.get(current);
      if (entry === undefined || found.has(current)) continue;
      found.set(current, entry);
      open.push(...next(entry.transaction));
    }
    return [...found.values()];
  };

  return {
    get: (txidHex) => entries.get(txidHex),
    entries: () => [...entries.values()],
    txids: () => [...entries.keys()],
    size: () => entries.size,
    vsizeBytes: () => vsizeBytes,
    spend: (outpoint) => spends.get(outpoint),
    add(entry) {
      const { txidHex, inputs, vsizeBytes: added } = entry.transaction;
      entries.set(txidHex, entry);
      vsizeBytes += added;
      for (const [vin, input] of inputs.entries()) {
        spends.set(outpointOf(input.txidHex, input.vout), { txidHex, vin, height: MEMPOOL_HEIGHT });
      }
    },
    remove(txidHex) {
      const entry = entries.get(txidHex);
      if (entry === undefined) return;
      entries.delete(txidHex);
      vsizeBytes -= entry.transaction.vsizeBytes;
      for (const input of entry.transaction.inputs) spends.delete(outpointOf(input.txidHex, input.vout));
    },
    parents,
    descendants: (txidHex) => walk(txidHex, children),
    ancestors: (txidHex) => walk(txidHex, parents),
    inBlockOrder() {
      const ordered = new Map<string, MempoolEntry>();
      for (const entry of entries.values()) {
        // Depth first without recursion: chains of waiting transactions can be long.
        const open: { entry: MempoolEntry; expanded: boolean }[] = [{ entry, expanded: false }];
        for (let top = open.pop(); top !== undefined; top = open.pop()) {
          const { txidHex } = top.entry.transaction;
          if (ordered.has(txidHex)) continue;
          if (top.expanded) {
            ordered.set(txidHex, top.entry);
            continue;
          }
          open.push({ entry: top.entry, expanded: true });
          for (const parent of parents(top.entry.transaction)) {
            const parentEntry = entries.get(parent);
            if (parentEntry !== undefined && !ordered.has(parent))
              open.push({ entry: parentEntry, expanded: false });
          }
        }
      }
      return [...ordered.values()];
    },
  };
}
