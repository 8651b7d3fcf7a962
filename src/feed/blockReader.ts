import type { Logger } from 'pino';
import type { BlockRecord, NodeReader, TransactionRecord } from '../node/nodeReaderTypes.js';

/** A block with its transactions in block order. */
export interface FullBlock {
  readonly block: BlockRecord;
  readonly transactions: readonly TransactionRecord[];
}

/** A block that was read with its transactions, or without them where nobody wants them. */
export interface ReadBlock {
  readonly block: BlockRecord;
  /** In block order. */
  readonly transactions?: readonly TransactionRecord[];
}

/** Reads the transactions of blocks: from the transaction index where the node has one, else from the block itself. */
export interface BlockReader {
  /**
   * The transactions of a block. `undefined` when the block is no longer to be had: pruned, or unknown to the node.
   * Rejects as the node's calls do. `known` are transactions read after the block: those of them that the node saw in this block
   * are not asked for again.
   */
  readTransactions(block: BlockRecord, known?: readonly TransactionRecord[]): Promise<FullBlock | undefined>;
  /** The same for several blocks at once: their transactions share the batches. */
  readMany(blocks: readonly BlockRecord[]): Promise<readonly (FullBlock | undefined)[]>;
  /** Whether the node was found to have no transaction index; `false` until proven. */
  readonly lacksTxIndex: boolean;
  /** The node was restarted: it may have an index now. */
  forgetTxIndex(): void;
}

/** How the transactions of a block are asked for. */
export interface BlockReaderOptions {
  /** Transactions in one batch: large enough to be worth a round trip, small enough to share the node's workers. */
  readonly batchSize: number;
  /** Batches asked for at once. */
  readonly batchesAtOnce: number;
  readonly logger: Logger;
}

/** Defaults measured against evrmored: two batches of 250 keep one worker busy while the other's answer is read. */
export const BLOCK_READER_DEFAULTS = { batchSize: 250, batchesAtOnce: 2 } as const;

/** Reads blocks through `node`. */
export function createBlockReader(node: NodeReader, options: BlockReaderOptions): BlockReader {
  let lacksTxIndex = false;

  const fromBlockItself = async (block: BlockRecord): Promise<FullBlock | undefined> => {
    const transactions = await node.getBlockTransactions(block.hashHex);
    return transactions === undefined ? undefined : { block, transactions };
  };

  const complete = async (
    block: BlockRecord,
    found: readonly (TransactionRecord | undefined)[],
  ): Promise<FullBlock | undefined> => {
    const transactions = found.filter((record) => record !== undefined);
    const isComplete = transactions.length === found.length;
    // A record that names no block, or another one, was read after the block left the best chain.
    if (isComplete && transactions.every((record) => isIn(block, record))) return { block, transactions };
    const whole = await fromBlockItself(block);
    if (whole !== undefined && !isComplete && !lacksTxIndex) {
      lacksTxIndex = true;
      options.logger.warn(
        { height: block.height, missing: found.length - transactions.length },
        'the node has no transaction index (txindex=1): transactions are read from their blocks, without blocktime and spent outputs',
      );
    }
    return whole;
  };

  const readMany = async (blocks: readonly BlockRecord[]): Promise<readonly (FullBlock | undefined)[]> => {
    // The genesis transaction is in no index of any node.
    const isIndexed = ({ height }: BlockRecord): boolean => !lacksTxIndex && height !== 0;
    const txids = blocks.filter(isIndexed).flatMap((block) => block.txids);
    const found = await inBatches(txids, options, (some) => node.getTransactions(some));
    const full: (FullBlock | undefined)[] = [];
    let next = 0;
    for (const block of blocks) {
      if (block.height === 0 || found.length === 0) {
        full.push(await fromBlockItself(block));
        continue;
      }
      full.push(await complete(block, found.slice(next, next + block.txids.length)));
      next += block.txids.length;
    }
    return full;
  };

  return {
    get lacksTxIndex() {
      return lacksTxIndex;
    },
    forgetTxIndex() {
      lacksTxIndex = false;
      node.forgetTxIndex();
    },
    async readTransactions(block, known = []) {
      const byTxid = new Map(
        known.filter((record) => isIn(block, record)).map((record) => [record.decoded.txid, record]),
      );
      if (byTxid.size === 0) return (await readMany([block]))[0];
      const missing = block.txids.filter((txid) => !byTxid.has(txid));
      const found = await inBatches(missing, options, (some) => node.getTransactions(some));
      missing.forEach((txid, index) => {
        const record = found[index];
        if (record !== undefined) byTxid.set(txid, record);
      });
      return complete(
        block,
        block.txids.map((txid) => byTxid.get(txid)),
      );
    },
    readMany,
  };
}

function isIn(block: BlockRecord, record: TransactionRecord): boolean {
  return record.blockHashHex === block.hashHex && record.height === block.height;
}

/** Asks for the items in batches, some at once, and gives the answers in the order of the items. */
export async function inBatches<T, R>(
  items: readonly T[],
  limits: { readonly batchSize: number; readonly batchesAtOnce: number },
  ask: (batch: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const batches: (readonly T[])[] = [];
  for (let start = 0; start < items.length; start += limits.batchSize) {
    batches.push(items.slice(start, start + limits.batchSize));
  }
  const answers: (readonly R[])[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < batches.length; index = next++) {
      const batch = batches[index];
      if (batch !== undefined) answers[index] = await ask(batch);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.batchesAtOnce, batches.length) }, worker));
  return answers.flat();
}
