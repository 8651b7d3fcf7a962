import { assetOperations, type AssetOperation } from '../chain/assetOperations.js';
import type { DecodedTransaction } from '../chain/decodedTransaction.js';
import { transactionAbout, type TransactionAbout } from '../chain/transactionAbout.js';
import { inBatches, type BlockReader, type FullBlock } from '../feed/blockReader.js';
import type { KnownOutputs } from '../feed/knownOutputs.js';
import type { NodeReader } from '../node/nodeReaderTypes.js';
import { readNodeJson } from '../node/nodeJson.js';
import type { ChainPoint } from '../protocol/events.js';
import { GatewayError } from '../protocol/gatewayError.js';

/** One asset operation of a block. */
export interface BlockOperation extends AssetOperation {
  /** Who sends, where that is known: see `senderOf`. */
  readonly sender?: string;
}

/** A block as streams see it. */
export interface RecentBlock extends ChainPoint {
  readonly previousHashHex: string;
  /** Seconds since 1970, as its header says. */
  readonly timeSeconds: number;
  readonly txCount: number;
  /** In the order of the transactions, and in each of the outputs. */
  readonly operations: readonly BlockOperation[];
}

/** The newest blocks of the best chain. */
export interface RecentBlocks {
  /** See `StreamRpc.recentBlocks`. */
  newest(count: number): Promise<readonly RecentBlock[]>;
  /** Blocks kept. */
  readonly blocks: number;
  /** Asset operations of these blocks. */
  readonly operations: number;
}

/** What they are read with. */
export interface RecentBlocksDeps {
  readonly node: Pick<NodeReader, 'getBlockHashes' | 'getBlocks'>;
  readonly reader: Pick<BlockReader, 'readMany'>;
  /** Who was paid by what is spent, where the node does not say. */
  readonly known: Pick<KnownOutputs, 'spentBy'>;
  /** The newest block that counts; absent until there is one. */
  readonly tip: () => ChainPoint | undefined;
}

/** Blocks that are given at most, and kept. */
export const MAX_RECENT_BLOCKS = 100;
/** Asset operations of the blocks that are kept: beyond it the oldest block leaves, and is read again when it is wanted. */
export const MAX_RECENT_OPERATIONS = 100_000;
/** Blocks that are read at once. */
const BLOCKS_AT_ONCE = 10;

/** The chain was another one before it was read whole; asking again helps. */
class ChainMovedError extends GatewayError {
  constructor() {
    super('the best chain changed while it was read', { code: 'GW_ERR_CHAIN_MOVED', retryable: true });
  }
}

/** Keeps each block for as long as it is among the newest, so that a new block costs one reading. */
export function createRecentBlocks(deps: RecentBlocksDeps): RecentBlocks {
  const { node, reader } = deps;
  /** By hash; the order of the heights. */
  let kept: ReadonlyMap<string, RecentBlock> = new Map();
  let turn: Promise<unknown> = Promise.resolve();

  /** The part of the chain up to `tip` that is known, the newest first, and at which block it breaks off. */
  function walk(
    tip: ChainPoint,
    count: number,
    known: ReadonlyMap<string, RecentBlock>,
  ): { readonly found: readonly RecentBlock[]; readonly missing: ChainPoint | undefined } {
    const found: RecentBlock[] = [];
    let at = tip;
    while (at.height > 0 && found.length < count) {
      const block = known.get(at.hashHex);
      if (block === undefined) return { found, missing: at };
      found.push(block);
      at = { height: block.height - 1, hashHex: block.previousHashHex };
    }
    return { found, missing: undefined };
  }

  async function read(missing: ChainPoint, count: number): Promise<readonly RecentBlock[]> {
    const first = Math.max(1, missing.height - count + 1);
    const hashes = await node.getBlockHashes(first, missing.height - first + 1);
    if (hashes.at(-1) !== missing.hashHex) throw new ChainMovedError();
    const unknown = hashes.filter((hash) => hash !== undefined).filter((hash) => !kept.has(hash));
    return inBatches(unknown, { batchSize: BLOCKS_AT_ONCE, batchesAtOnce: 1 }, async (some) => {
      const records = await node.getBlocks(some);
      const full = await reader.readMany(records.filter((record) => record !== undefined));
      return full.map((block) => {
        if (block === undefined) throw new ChainMovedError();
        return reduce(block);
      });
    });
  }

  function reduce({ block, transactions }: FullBlock): RecentBlock {
    const { time } = readNodeJson(block.json) as { readonly time?: unknown };
    // Shared by all streams, and kept: none may change it for the others.
    return Object.freeze({
      height: block.height,
      hashHex: block.hashHex,
      previousHashHex: block.previousHashHex ?? '',
      timeSeconds: typeof time === 'number' ? time : 0,
      txCount: block.txids.length,
      operations: Object.freeze(transactions.flatMap(({ decoded }) => operationsOf(decoded))),
    });
  }

  function operationsOf(decoded: DecodedTransaction): readonly BlockOperation[] {
    const operations = assetOperations(decoded);
    if (operations.length === 0) return [];
    const about = transactionAbout(decoded);
    return operations.map((operation) => {
      const sender = senderOf(about, operation.asset, deps.known);
      return Object.freeze(sender === undefined ? operation : { ...operation, sender });
    });
  }

  /** The newest of them, as many as the limits allow. */
  function keep(chain: readonly RecentBlock[]): void {
    const next: RecentBlock[] = [];
    let operations = 0;
    for (const block of chain.slice(0, MAX_RECENT_BLOCKS)) {
      operations += block.operations.length;
      if (operations > MAX_RECENT_OPERATIONS) break;
      next.push(block);
    }
    kept = new Map(next.map((block) => [block.hashHex, block]));
  }

  async function newest(wanted: number): Promise<readonly RecentBlock[]> {
    const count = Math.max(0, Math.min(wanted, MAX_RECENT_BLOCKS));
    const tip = deps.tip();
    if (tip === undefined || count === 0) return [];
    let { found, missing } = walk(tip, count, kept);
    if (missing !== undefined) {
      const fresh = await read(missing, count - found.length);
      const known = new Map([...kept, ...fresh.map((block) => [block.hashHex, block] as const)]);
      ({ found, missing } = walk(tip, count, known));
      if (missing !== undefined) throw new ChainMovedError();
      // Whoever wants fewer does not make the others read again.
      keep(walk(tip, MAX_RECENT_BLOCKS, known).found);
    }
    return [...found].reverse();
  }

  return {
    newest(count) {
      // One after the other: who comes second finds what the first has read.
      const mine = turn.then(() => newest(count));
      turn = mine.catch(() => undefined);
      return mine;
    },
    get blocks() {
      return kept.size;
    },
    get operations() {
      let sum = 0;
      for (const { operations } of kept.values()) sum += operations.length;
      return sum;
    },
  };
}

/**
 * Who sends the asset in a transaction: the address of an input that holds the same asset, where what it spends is known; otherwise the
 * one address of all inputs that hold no EVR, which a node with a spent index tells. Absent where neither is known.
 */
function senderOf(
  { inputs }: TransactionAbout,
  asset: string,
  known: Pick<KnownOutputs, 'spentBy'>,
): string | undefined {
  const spent = inputs.map((input) => known.spentBy(input)).filter((output) => output !== undefined);
  const same = spent.find((output) => output.asset === asset && output.addresses.length > 0);
  if (same !== undefined) return same.addresses[0];
  const holders = spent.filter(({ value, asset: other }) => other === undefined && Number(value) === 0);
  const addresses = new Set(holders.flatMap((output) => output.addresses));
  return addresses.size === 1 ? [...addresses][0] : undefined;
}
