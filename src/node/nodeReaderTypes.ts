import type { BlockLink } from '../chain/reconcile.js';
import type { DecodedTransaction } from '../chain/decodedTransaction.js';
import type { RawJson } from './rpcTypes.js';

/** What `getblockchaininfo` tells of the node, as far as it is used. */
export interface ChainInfo {
  /** `main`, `test` or `regtest`. */
  readonly chain: string;
  readonly tip: { readonly height: number; readonly hashHex: string };
  /** Best header known; above `tip.height` while the node is still fetching blocks. */
  readonly headers: number;
  readonly pruned: boolean;
}

/** A block header, as far as it is used. */
export interface HeaderInfo extends BlockLink {
  /** −1 when the block is not on the best chain. */
  readonly confirmations: number;
}

/** A block with the exact bytes that the node printed. */
export interface BlockRecord extends BlockLink {
  /** `getblock` verbosity 1, untouched. */
  readonly json: RawJson;
  readonly txids: readonly string[];
}

/** A transaction with the exact bytes that the node printed. */
export interface TransactionRecord {
  /** The node's verbose object, untouched. */
  readonly json: RawJson;
  /** The same, read: decimals and long integers are strings of the node's digits. */
  readonly decoded: DecodedTransaction;
  /** Hash of the block that the node says it is in, also of one that left the best chain; absent in the mempool. */
  readonly blockHashHex?: string | undefined;
  /** Height of that block; −1 when it left the best chain. */
  readonly height?: number | undefined;
  /** It was read from its block: `json` does not name the block. */
  readonly isFromBlock?: true;
}

/** Typed calls to the node, for the follower and for history. Each rejects as the RPC client does. */
export interface NodeReader {
  getChainInfo(): Promise<ChainInfo>;
  getBestBlockHash(): Promise<string>;
  /** `undefined` when the height is above the tip. */
  getBlockHash(height: number): Promise<string | undefined>;
  /** Hashes of `count` heights from `firstHeight` on, in one batch; `undefined` for those above the tip. */
  getBlockHashes(firstHeight: number, count: number): Promise<readonly (string | undefined)[]>;
  /** `undefined` for a block that the node does not know. */
  getHeaders(hashes: readonly string[]): Promise<readonly (HeaderInfo | undefined)[]>;
  /** `undefined` for a block that the node does not know or has pruned. */
  getBlock(hashHex: string): Promise<BlockRecord | undefined>;
  /** Several blocks in one batch; as {@link getBlock}. */
  getBlocks(hashes: readonly string[]): Promise<readonly (BlockRecord | undefined)[]>;
  /**
   * The best block's hash, one block, and transactions that may be the block's, in one round trip: `records` has those that the node
   * found, which are none where it has no transaction index.
   */
  getTipAndBlock(
    hashHex: string,
    guessedTxids?: readonly string[],
  ): Promise<{
    readonly bestHashHex: string;
    readonly block: BlockRecord | undefined;
    readonly records: readonly TransactionRecord[];
  }>;
  /** The transactions of a block by `getblock` verbosity 2: for nodes without a transaction index. */
  getBlockTransactions(hashHex: string): Promise<readonly TransactionRecord[] | undefined>;
  /**
   * One batch; `undefined` for a transaction that the node cannot find. A node without a transaction index finds those of the
   * mempool alone here: it is not asked for others, because it would search for seconds.
   */
  getTransactions(txids: readonly string[]): Promise<readonly (TransactionRecord | undefined)[]>;
  /** The same, and the tip as it stood after they were read, in one round trip. */
  getTransactionsAndTip(
    txids: readonly string[],
  ): Promise<{ readonly records: readonly (TransactionRecord | undefined)[]; readonly bestHashHex: string }>;
  /** The node was restarted: it may have a transaction index now. */
  forgetTxIndex(): void;
  /** All txids of the mempool, and the tip as it stood after they were read. */
  getMempool(): Promise<{ readonly txids: readonly string[]; readonly bestHashHex: string }>;
  getMempoolInfo(): Promise<RawJson>;
}
